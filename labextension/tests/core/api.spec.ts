import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';
import { Api, ApiError, wellFormed } from '../../src/api';

describe('wellFormed', () => {
  it('replaces lone surrogates and nothing else, each by one character', () => {
    const texts = [
      '\ud800x',
      'x\udc00',
      '😀',
      '\\ud800',
      '\\\\ud800',
      '\\\ud800',
      'a\nb"c',
      '\ud83d\ud83d\ude00'
    ];
    for (const text of texts) {
      const sent = JSON.parse(wellFormed(JSON.stringify({ text }))) as { text: string };
      expect(sent.text).toBe(text.replace(/\p{Surrogate}/gu, '\ufffd'));
    }
  });
});

describe('Api', () => {
  const asked: Request[] = [];
  const api = (status: number, body: string) =>
    new Api(
      ServerConnection.makeSettings({
        baseUrl: 'http://here/base/',
        fetch: (request: RequestInfo | URL) => {
          asked.push(request as Request);
          return status === 0
            ? Promise.reject(new TypeError('no route'))
            : Promise.resolve(new Response(status === 204 ? null : body, { status, statusText: 'Refused' }));
        }
      })
    );

  it('gives back what the server says', async () => {
    expect(await api(200, '{"id": "a-rule"}').rule('bandit/B602')).toEqual({ id: 'a-rule' });
    expect(asked.at(-1)?.url).toContain('http://here/base/jupyter-mlsecops/rules/bandit/B602');
    await api(204, '').cancelScan('one');
    expect(asked.at(-1)?.method).toBe('DELETE');
  });

  it('says why a request was refused', async () => {
    const refused = api(409, '{"message": "say it all", "reason": "unknown-revision"}').health();
    await expect(refused).rejects.toMatchObject({
      status: 409,
      reason: 'unknown-revision',
      message: 'say it all'
    });
  });

  it('copes with what is not our server', async () => {
    await expect(api(404, '<html>').health()).rejects.toMatchObject({
      status: 404,
      reason: '',
      message: 'Refused'
    });
    await expect(api(502, 'null').health()).rejects.toBeInstanceOf(ApiError);
    await expect(api(0, '').health()).rejects.toMatchObject({ status: 0, reason: 'unreachable' });
  });
});
