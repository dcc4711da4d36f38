import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { DOWNLOAD } from '../../testing/lan/rooms.ts';
import { SocketReader } from '../network/socket-reader.ts';
import { BulkConnection } from './bulk-connection.ts';

// Answers of a member that does not keep to the protocol, down to the byte.

/** What becomes of a pull of bytes 0 to 9 when the connection answers with `chunks` and then, perhaps, ends. */
async function pullFrom(chunks: readonly string[], end: boolean) {
  // Chunks that are pushed arrive one by one; a pipe would join them.
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const connection = new BulkConnection(socket, SocketReader.of(socket));
  let body = '';
  let arrivals = 0;
  socket.on('data', () => arrivals++);
  const finished = connection.pull({
    download: DOWNLOAD,
    start: 0,
    end: 10,
    onChunk: (chunk) => {
      body += Buffer.from(chunk).toString('latin1');
    },
    onRecords: () => {},
  });
  for (const chunk of chunks) socket.push(chunk);
  if (end) socket.push(null);
  const result = await finished;
  const outcome = result === 'stale' ? result : result.outcome;
  return { outcome, body, arrivals, usable: connection.usable };
}

/** What becomes of a pull, without how its bytes were cut. */
async function answer(chunks: readonly string[], end = true) {
  const { arrivals: _, ...rest } = await pullFrom(chunks, end);
  return rest;
}

const HEAD = 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/*\r\nContent-Length: 10\r\n\r\n';

test('an answer may come in pieces of any size', async () => {
  const whole = `${HEAD}0123456789`;
  for (const size of [1, 7, whole.length]) {
    const chunks = whole.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
    const expected = { outcome: 'complete', body: '0123456789', arrivals: chunks.length, usable: true };
    assert.deepEqual(await pullFrom(chunks, false), expected);
  }
});

test('a short body is a break, and what came is handed over', async () => {
  assert.deepEqual(await answer([HEAD, '01234']), { outcome: 'broken', body: '01234', usable: false });
});

test('more bytes than asked for are not handed over, and end the connection', async () => {
  assert.deepEqual(await answer([`${HEAD}0123456789more`], false), {
    outcome: 'complete',
    body: '0123456789',
    usable: false,
  });
});

const refused: readonly (readonly [what: string, head: string])[] = [
  ['the whole file', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789'],
  ['another range', HEAD.replace('0-9', '1-10')],
  ['a longer range', HEAD.replace('0-9', '0-10')],
  ['no range', HEAD.replace(/Content-Range.*\r\n/, '')],
  ['another length', HEAD.replace('Length: 10', 'Length: 11')],
  ['no length', HEAD.replace(/Content-Length.*\r\n/, '')],
  ['two lengths', HEAD.replace('\r\n\r\n', '\r\nContent-Length: 11\r\n\r\n')],
  ['chunks', HEAD.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n')],
  ['records that cannot be read', HEAD.replace('\r\n\r\n', '\r\nDragonload-Records: !\r\n\r\n')],
  ['records of rubbish', HEAD.replace('\r\n\r\n', '\r\nDragonload-Records: CgEB\r\n\r\n')],
  ['something else than HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['a head without end', 'HTTP/1.1 206 x\r\n'.padEnd(40_000, 'x')],
];
for (const [what, head] of refused) {
  test(`${what} is refused, and the connection is not used again`, async () => {
    assert.deepEqual(await answer([head], false), { outcome: 'refused', body: '', usable: false });
  });
}

test('a refusal without a body keeps the connection', async () => {
  assert.deepEqual(await answer(['HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'], false), {
    outcome: 'refused',
    body: '',
    usable: true,
  });
});

test('a connection that closes before it answers is a break', async () => {
  assert.deepEqual(await answer([]), { outcome: 'broken', body: '', usable: false });
});
