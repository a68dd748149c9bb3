/** Asks a notebook's kernel which versions of packages it has. */
import type { Kernel } from '@jupyterlab/services';

/** What a distribution may be called (PEP 503, normalised): only that is put into an expression. */
const DISTRIBUTION = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** The Python representation of a version. */
const VERSION = /^'([0-9A-Za-z.!+_-]{1,100})'$/;

/**
 * The installed versions, null for what is not installed. The request is silent: no output, no entry in the history,
 * no new execution count. Expressions are evaluated after an empty program.
 */
export async function installedVersions(
  kernel: Kernel.IKernelConnection,
  names: readonly string[]
): Promise<Record<string, string | null>> {
  const asked = names.filter(name => DISTRIBUTION.test(name));
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    allow_stdin: false,
    stop_on_error: false,
    user_expressions: Object.fromEntries(asked.map((name, index) => [String(index), expression(name)]))
  });
  const { content } = await future.done;
  const said = content.status === 'ok' ? content.user_expressions : {};
  return Object.fromEntries(asked.map((name, index) => [name, version(said[String(index)])]));
}

function expression(name: string): string {
  return `__import__('importlib.metadata', fromlist=['version']).version('${name}')`;
}

function version(said: unknown): string | null {
  const { status, data } = (said ?? {}) as { status?: unknown; data?: Record<string, unknown> };
  const text = status === 'ok' ? data?.['text/plain'] : undefined;
  return typeof text === 'string' ? (VERSION.exec(text)?.[1] ?? null) : null;
}
