/** The server's routes as functions. What goes wrong becomes an ApiError that says why. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type {
  Health,
  LintReply,
  LintRequest,
  PinReply,
  PinRequest,
  RulePage,
  ScanCreated,
  ScanState
} from './protocol';

/** All that this extension asks of its server. */
export interface IApi {
  lint(request: LintRequest, signal?: AbortSignal): Promise<LintReply>;
  pin(request: PinRequest): Promise<PinReply>;
  /** A rule's page, as `jupyter mlsecops rule ID --format json` prints it. */
  rule(id: string): Promise<RulePage>;
  health(): Promise<Health>;
  startScan(path: string): Promise<ScanCreated>;
  /** The state of a folder scan with the findings from the `since`-th on. */
  scan(id: string, since?: number): Promise<ScanState>;
  cancelScan(id: string): Promise<void>;
}

/** A request that was refused, or that never reached the server (then `status` is 0). */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    /** The server's word for why, for programs; empty where it gave none. */
    readonly reason: string
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

const NAMESPACE = 'jupyter-mlsecops';

/** Talks to the server that this page came from, with its token and XSRF cookie. */
export class Api implements IApi {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async lint(request: LintRequest, signal?: AbortSignal): Promise<LintReply> {
    return this._request('POST', ['lint'], { body: request, signal });
  }

  async pin(request: PinRequest): Promise<PinReply> {
    return this._request('POST', ['pin'], { body: request });
  }

  async rule(id: string): Promise<RulePage> {
    return this._request('GET', ['rules', ...id.split('/')]);
  }

  async health(): Promise<Health> {
    return this._request('GET', ['health']);
  }

  async startScan(path: string): Promise<ScanCreated> {
    return this._request('POST', ['scans'], { body: { path } });
  }

  async scan(id: string, since = 0): Promise<ScanState> {
    return this._request('GET', ['scans', id], { query: `?since=${since}` });
  }

  async cancelScan(id: string): Promise<void> {
    await this._request('DELETE', ['scans', id]);
  }

  private async _request<T>(
    method: string,
    steps: string[],
    { body, query = '', signal }: { body?: unknown; query?: string; signal?: AbortSignal } = {}
  ): Promise<T> {
    const path = steps.map(encodeURIComponent);
    const url = URLExt.join(this._settings.baseUrl, NAMESPACE, ...path) + query;
    const init: RequestInit = { method, signal };
    if (body !== undefined) {
      init.body = wellFormed(JSON.stringify(body));
    }
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this._settings);
    } catch (error) {
      throw new ApiError(error instanceof Error ? error.message : String(error), 0, 'unreachable');
    }
    const text = await response.text();
    if (!response.ok) {
      throw refusal(response, text);
    }
    // The types are generated from the schema that the server's tests hold its replies against.
    return (text ? JSON.parse(text) : undefined) as T;
  }
}

/**
 * JSON without lone surrogates, which no strict reader takes: each becomes one replacement character, so that no
 * position moves.
 */
export function wellFormed(json: string): string {
  return json.replace(/\\(?:u[dD][89a-fA-F][\da-fA-F]{2}|.)/g, escape =>
    /^\\ud/i.test(escape) && escape.length === 6 ? '\ufffd' : escape
  );
}

function refusal(response: Response, text: string): ApiError {
  let said: { message?: unknown; reason?: unknown } = {};
  try {
    said = (JSON.parse(text) ?? {}) as typeof said;
  } catch {
    // A proxy's or another server's page: only the status counts.
  }
  const message = typeof said.message === 'string' ? said.message : response.statusText;
  return new ApiError(
    message || String(response.status),
    response.status,
    typeof said.reason === 'string' ? said.reason : ''
  );
}
