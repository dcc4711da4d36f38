import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer, HeaderFields } from './origin-answer.ts';
import type { OriginFaults } from './origin-faults.ts';

const SLOW_STEPS = 10;

/** Where the body of an answer goes once the head is sent. */
export interface Sink {
  readonly isGone: boolean;
  readonly socket: Socket | null;
  /** Resolves when more may be written, or the client has gone. */
  write(bytes: Buffer): Promise<void>;
  end(): void;
}

/** Sends the head of an answer, as the faults say. Undefined: nothing more is to be sent. */
export async function sendHead(
  response: ServerResponse,
  answer: Answer,
  faults: OriginFaults,
): Promise<Sink | undefined> {
  const headers = { ...answer.headers };
  for (let i = 0; i < (faults.extraHeaders ?? 0); i++) headers[`x-extra-${i}`] = 'something';
  if (faults.longHeaderBytes !== undefined) headers['x-long'] = 'L'.repeat(faults.longHeaderBytes);
  for (const status of faults.informational ?? []) {
    if (status === 102) response.writeProcessing();
    else response.writeEarlyHints({ link: '</style.css>; rel=preload' });
  }
  if (faults.http10 === true || faults.untilClose === true || faults.slowHeadMs !== undefined) {
    return await sendRaw(response, answer.status, headers, faults);
  }
  // Node refuses to take so many fields at once only in requests, not here.
  response.setHeaders(new Map(Object.entries(headers)));
  response.writeHead(answer.status);
  response.flushHeaders();
  return {
    get isGone() {
      return response.destroyed;
    },
    socket: response.socket,
    write: (bytes) => (response.write(bytes) ? Promise.resolve() : drained(response)),
    end: () => void response.end(),
  };
}

/** Node sends no head of this kind. The connection ends with the answer. */
async function sendRaw(
  response: ServerResponse,
  status: number,
  headers: HeaderFields,
  faults: OriginFaults,
): Promise<Sink | undefined> {
  const { socket } = response;
  if (socket === null) return undefined;
  const fields = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  const lines = [
    `HTTP/1.${faults.http10 === true ? 0 : 1} ${status} ${STATUS_CODES[status] ?? 'Unknown'}`,
    `Date: ${new Date().toUTCString()}`,
    'Connection: close',
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const steps = faults.slowHeadMs === undefined ? 1 : SLOW_STEPS;
  const stepBytes = Math.ceil(head.length / steps);
  for (let at = 0; at < head.length && !socket.destroyed; at += stepBytes) {
    socket.write(head.subarray(at, at + stepBytes));
    if (steps > 1) await new Promise((wake) => setTimeout(wake, faults.slowHeadMs! / steps));
  }
  return {
    get isGone() {
      return socket.destroyed;
    },
    socket,
    write: (bytes) => (socket.write(bytes) ? Promise.resolve() : drained(socket)),
    end: () => void socket.end(),
  };
}

function drained(stream: Socket | ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.once('drain', done);
    stream.once('close', done);
  });
}
