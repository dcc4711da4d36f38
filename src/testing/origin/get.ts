import type { IncomingHttpHeaders } from 'node:http';
import { type ConnectionOptions, Connections } from '../../origin/network/connections.ts';
import type { RequestOptions } from '../../origin/requests/request-options.ts';
import { loadRequestSettings, type RequestSettings } from '../../origin/requests/request-settings.ts';
import { Route } from '../../origin/transfer/route.ts';

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Where redirects led. */
  readonly url: string;
}

export interface GetOptions extends Partial<ConnectionOptions> {
  readonly request?: RequestOptions;
  readonly env?: NodeJS.ProcessEnv;
  readonly settings?: RequestSettings;
  /** To be used instead of connections of its own. */
  readonly connections?: Connections;
  readonly connectTimeoutMs?: number;
}

/** Gets a URL the way that downloads do, redirects and all, with an environment of its own. */
export async function get(url: string, options: GetOptions = {}): Promise<Got> {
  const { request = {}, env = {}, connectTimeoutMs = 10_000 } = options;
  const settings = options.settings ?? (await loadRequestSettings(request, env));
  const own = new Connections({ allowPrivate: true, ...options, settings });
  const connections = options.connections ?? own;
  try {
    const all = { ...settings, connectTimeoutMs, headersTimeoutMs: 10_000 };
    const route = new Route(new URL(url), connections, all);
    const { status, response, url: end } = await route.resolve({ headers: {} });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(Buffer.from(chunk as Buffer));
    return { status, headers: response.headers, body: Buffer.concat(chunks), url: end.href };
  } finally {
    own.close();
  }
}
