import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { parseLength } from '../heads/content-range.ts';

/** Pauses and resumes the reading of a body. */
export interface Body {
  /** Called from `onChunk`: the lent chunk stays unchanged, and no more chunks come, until `resume`. */
  pause(): void;
  resume(): void;
}

type Read = (bytes: Buffer) => void;

/** The receiver of what a socket reads, in place of the HTTP parser. */
const readers = new WeakMap<Socket, Read>();

/**
 * Passes on what a socket has read: `bytes` are its read buffer, to be used before this returns or the socket goes on
 * from a pause.
 */
export function passOn(socket: Socket, bytes: Buffer): void {
  const read = readers.get(socket);
  if (read !== undefined) read(bytes);
  // Between requests no answer is expected; bytes that come then would corrupt the next answer.
  else if (!socket.emit('data', bytes)) socket.destroy();
}

/**
 * Reads the body of an answer. Chunks are lent: they may change when `onChunk` has returned and `pause` was not called,
 * and after `resume`.
 *
 * Node's parser copies bodies into fresh memory, which costs as much as reading them. Where the body's length is known
 * its bytes are taken from the socket's read buffer instead, and the parser sees them with its body callback off: it
 * goes on counting, and frees the connection at the end. Where the callback is not found, or TLS could write more into
 * the buffer during a pause, the parser's copies it is.
 */
export function readBody(
  request: ClientRequest,
  response: IncomingMessage,
  onChunk: (chunk: Buffer) => void,
): Body {
  const { socket } = response;
  let left = lengthToCount(response);
  const key = left === undefined ? undefined : bodyCallbackOf(request);
  /** Once the first read went past the parser, all others do. */
  let isStraight = false;
  let isPaused = false;
  /** Read and handed over during a pause; the parser sees it after, since it may end the answer. */
  let kept: Buffer | undefined;

  response.on('data', (chunk: Buffer) => {
    if (left !== undefined) left -= chunk.length;
    onChunk(chunk);
  });
  if (left === undefined || key === undefined) {
    return { pause: () => response.pause(), resume: () => response.resume() };
  }

  const show = (bytes: Buffer) => {
    if (left === 0) readers.delete(socket);
    if (!request.destroyed) showQuietly(request, key, socket, bytes);
  };
  const read = (bytes: Buffer) => {
    // Bytes that came with the head have gone through the parser, and have to be handed over first.
    if (!isStraight && (response.isPaused() || response.readableLength > 0)) {
      socket.emit('data', bytes);
      return;
    }
    isStraight = true;
    const chunk = bytes.length > left! ? bytes.subarray(0, left) : bytes;
    left! -= chunk.length;
    onChunk(chunk);
    if (isPaused) kept = bytes;
    else show(bytes);
  };
  readers.set(socket, read);
  request.once('close', () => {
    // The next answer on this connection may have come already.
    if (readers.get(socket) === read) readers.delete(socket);
  });
  return {
    pause: () => {
      isPaused = true;
      if (isStraight) socket.pause();
      else response.pause();
    },
    resume: () => {
      isPaused = false;
      if (!isStraight) return void response.resume();
      const bytes = kept;
      kept = undefined;
      if (bytes !== undefined) show(bytes);
      if (!socket.destroyed) socket.resume();
    },
  };
}

/** The length of a body, where it is known and the connection is not encrypted. */
function lengthToCount({ headers, socket }: IncomingMessage): number | undefined {
  if ('encrypted' in socket || headers['transfer-encoding'] !== undefined) return undefined;
  return parseLength(headers['content-length']);
}

type Parser = Record<number, unknown>;

/** Where the parser of a request keeps the callback for bodies; undefined when this Node keeps it elsewhere. */
function bodyCallbackOf(request: ClientRequest): number | undefined {
  const parser = parserOf(request);
  if (parser === undefined) return undefined;
  const keys = Object.keys(parser).map(Number);
  return keys.find((key) => (parser[key] as { name?: unknown } | undefined)?.name === 'parserOnBody');
}

/** Makes the parser count bytes of a body without copying them. */
function showQuietly(request: ClientRequest, key: number, socket: Socket, bytes: Buffer): void {
  const parser = parserOf(request);
  if (parser === undefined) return;
  const callback = parser[key];
  parser[key] = undefined;
  try {
    socket.emit('data', bytes);
  } finally {
    // Parsers are reused for other requests.
    parser[key] = callback;
  }
}

function parserOf(request: ClientRequest): Parser | undefined {
  return (request as unknown as { parser?: Parser | null }).parser ?? undefined;
}
