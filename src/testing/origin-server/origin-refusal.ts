import type { IncomingMessage } from 'node:http';
import type { Answer, HeaderFields } from './origin-answer.ts';
import type { OriginFaults, SignedRedirect } from './origin-faults.ts';
import type { OriginFile } from './origin-file.ts';
import type { ServedRequest } from './origin-record.ts';

const LOGIN_PAGE =
  '<!DOCTYPE html>\n<title>Log in</title>\n<form method="post"><input name="password"></form>\n';

/** Links that a path has given out, and how often each was used. */
interface Tokens {
  given: number;
  readonly uses: Map<string, number>;
}

/** Answers without the file: statuses, redirects, pages in its place. */
export class OriginRefusals {
  readonly #tokens = new Map<string, Tokens>();

  /** Links that were given out so far serve no more. */
  expireLinks(): void {
    for (const { uses } of this.#tokens.values()) uses.clear();
  }

  /** Undefined: the file is served. `isTooMany`: more requests or connections than the origin takes. */
  answer(
    request: IncomingMessage,
    served: ServedRequest,
    file: OriginFile | undefined,
    faults: OriginFaults,
    isTooMany: boolean,
  ): Answer | undefined {
    if (file === undefined) return plain(404, faults);
    if (faults.redirectTo !== undefined) {
      return plain(faults.redirectStatus ?? 302, faults, { ...file.headers, location: faults.redirectTo });
    }
    if (isTooMany) return plain(503, faults);
    if (faults.status !== undefined) return plain(faults.status, faults);
    const required = Object.entries(file.requireHeaders ?? {});
    if (required.some(([name, value]) => request.headers[name] !== value)) return plain(401, faults);
    if (request.method !== 'GET' && (request.method !== 'HEAD' || faults.refuseHead === true)) {
      return plain(405, faults, { allow: 'GET' });
    }
    if (faults.loginPage === true) return loginPage();
    if (faults.redirectChain !== undefined) {
      const hop = Number(/^\?hop=(\d+)$/.exec(served.query)?.[1] ?? 0);
      if (hop < faults.redirectChain) {
        return plain(faults.redirectStatus ?? 302, faults, { location: `${served.path}?hop=${hop + 1}` });
      }
    }
    return faults.signed === undefined ? undefined : this.#signed(served, faults, faults.signed);
  }

  #signed(served: ServedRequest, faults: OriginFaults, signed: SignedRedirect): Answer | undefined {
    const { requests = Number.POSITIVE_INFINITY, tokens: most = Number.POSITIVE_INFINITY } = signed;
    const tokens: Tokens = this.#tokens.get(served.path) ?? { given: 0, uses: new Map() };
    this.#tokens.set(served.path, tokens);
    const token = /^\?token=(\w+)$/.exec(served.query)?.[1];
    if (token === undefined && tokens.given < most) {
      tokens.given += 1;
      tokens.uses.set(String(tokens.given), 0);
      const location = `${served.path}?token=${tokens.given}`;
      return plain(faults.redirectStatus ?? 302, faults, { location });
    }
    const uses = token === undefined ? undefined : tokens.uses.get(token);
    if (token !== undefined && uses !== undefined && uses < requests) {
      tokens.uses.set(token, uses + 1);
      return undefined;
    }
    const { expiredStatus = 403 } = signed;
    return expiredStatus === 200 ? loginPage() : plain(expiredStatus, faults);
  }
}

function plain(status: number, faults: OriginFaults, more: HeaderFields = {}): Answer {
  const headers: HeaderFields = { ...more };
  if (status >= 400 && faults.retryAfter !== undefined) headers['retry-after'] = faults.retryAfter;
  if (status >= 400 && faults.retryAfterDateSeconds !== undefined) {
    const atMs = Math.ceil(Date.now() / 1000 + faults.retryAfterDateSeconds) * 1000;
    headers['retry-after'] = new Date(atMs).toUTCString();
  }
  const text = `status ${status}\n`;
  headers['content-length'] = String(Buffer.byteLength(text));
  return { status, headers, text };
}

function loginPage(): Answer {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': String(Buffer.byteLength(LOGIN_PAGE)),
  };
  return { status: 200, headers, text: LOGIN_PAGE };
}
