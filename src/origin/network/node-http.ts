import type * as Http from 'node:http';
import type * as Https from 'node:https';
import type * as Tls from 'node:tls';

/*
 * Importing `node:http` as a module reads all its exports, and one of them loads undici: 70 ms of start-up for
 * something that is never used. Fetched like this, a module loads what it needs itself, and when it is asked for.
 */

export function nodeHttp(): typeof Http {
  return process.getBuiltinModule('node:http');
}

export function nodeHttps(): typeof Https {
  return process.getBuiltinModule('node:https');
}

export function nodeTls(): typeof Tls {
  return process.getBuiltinModule('node:tls');
}
