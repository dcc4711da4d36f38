import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { ephemeralIdentity } from '../src/lan/identity/identity.ts';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { until } from './support/members.ts';
import { Stage } from './support/stage.ts';

const identity = ephemeralIdentity();
const download = 'ab'.repeat(16);
const tls = { host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1.3' } as const;
const client = { ...tls, key: identity.keyPem, cert: identity.certPem };

/** What may arrive at an open port, and what it says. */
const STRANGERS: readonly (readonly [what: string, open: (port: number) => Socket])[] = [
  ['random bytes', (port) => say(connectTcp(port, '127.0.0.1'), randomBytes(64 * 1024))],
  ['plain HTTP', (port) => say(connectTcp(port, '127.0.0.1'), 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['TLS without a certificate', (port) => say(connectTls({ ...tls, port, ALPNProtocols: ['h2'] }), 'hello')],
  ['TLS of no protocol', (port) => say(connectTls({ ...client, port }), 'hello')],
  [
    'a request for pieces without admission',
    (port) =>
      say(
        connectTls({ ...client, port, ALPNProtocols: ['http/1.1'] }),
        `GET /v1/downloads/${download} HTTP/1.1\r\nHost: member\r\nRange: bytes=0-99\r\n\r\n`,
      ),
  ],
  [
    'garbage in place of HTTP/2',
    (port) => say(connectTls({ ...client, port, ALPNProtocols: ['h2'] }), randomBytes(4096)),
  ],
  ['nothing', (port) => connectTcp(port, '127.0.0.1')],
];

function say(socket: Socket, what: string | Buffer): Socket {
  socket.write(what);
  return socket;
}

test('whatever strangers send to the port, they are hung up on and the room goes on', async (t) => {
  const file = knownFile('strangers', 8 * MIB);
  await using origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: MIB });
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const invite = await host.invite();
  const joiner = stage.join('bob', invite);
  const port = Number(/h=[^&]*:(\d+)&/.exec(invite)![1]);
  const open = new Set<string>();
  let heardBytes = 0;
  for (const [what, connect] of STRANGERS) {
    const socket = connect(port);
    open.add(what);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (what.startsWith('a request')) heardBytes += chunk.length;
    });
    socket.on('close', () => open.delete(what));
    t.after(() => socket.destroy());
  }
  // The silent one has five seconds; the host is busy for about four more than that.
  await until(
    () => open.size === 0,
    () => host.describe(`did not hang up on ${[...open].join(', ')}`),
  );
  await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);
  assert.equal(heardBytes, 0, 'a stranger was answered');
  assert.ok(!host.events.some(({ event, name }) => event === 'error' || (name ?? 'bob') !== 'bob'));
});
