import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '../../gen/dragonload/v1/peer_pb.ts';
import { frameOf } from '../wire/wire.ts';
import type { Channel } from './channel.ts';
import { MAX_QUEUED_FRAMES, SendQueue } from './send-queue.ts';
import { LiveSession, type SessionEnd } from './session.ts';

/** A session over a channel that is driven by hand. */
function startSession() {
  const outbox = new SendQueue();
  let deliver = Promise.withResolvers<Frame | undefined>();
  const ends: SessionEnd[] = [];
  const channel: Channel = {
    peer: { id: 'a'.repeat(64), certificate: new Uint8Array() },
    remoteAddress: '127.0.0.1',
    receive: () => deliver.promise,
    send: (frame) => outbox.push(frame),
    end: (error) => outbox.end(error),
    shut: () => {},
    taken: 0,
    destroy: () => {},
  };
  const session = new LiveSession(channel, { name: 'a', addresses: [], instance: '' }, undefined, {
    onMessage: () => {},
    onOpenBulk: () => {},
    onEnd: (_, end) => ends.push(end),
  });
  void session.run();
  const hear = async () => {
    const { resolve } = deliver;
    deliver = Promise.withResolvers();
    resolve(frameOf({ case: 'coordinate', value: { epoch: 1n, seniority: 1 } }));
    await new Promise(setImmediate);
  };
  return { session, ends, hear };
}

test('a session that hears nothing for five seconds ends', () => {
  const { session, ends } = startSession();
  for (let second = 0; second < 5; second++) session.tick();
  assert.deepEqual(ends, []);
  session.tick();
  assert.deepEqual(
    ends.map(({ kind }) => kind),
    ['silent'],
  );
});

test('any frame keeps a session alive', async () => {
  const { session, ends, hear } = startSession();
  for (let second = 0; second < 20; second++) {
    session.tick();
    if (second % 4 === 0) await hear();
  }
  assert.deepEqual(ends, []);
});

test('a session whose other side reads nothing ends when too much waits', () => {
  const { session, ends } = startSession();
  for (let i = 0; i < MAX_QUEUED_FRAMES; i++) session.send({ type: 'coordinate', epoch: i, seniority: 1 });
  assert.deepEqual(ends, []);
  session.send({ type: 'bye' });
  assert.deepEqual(
    ends.map(({ kind }) => kind),
    ['broken'],
  );
});

test('of statuses that wait only the last goes out', async () => {
  const outbox = new SendQueue();
  outbox.push(frameOf({ case: 'status', value: {} }));
  outbox.push(frameOf({ case: 'bye', value: {} }));
  outbox.push(frameOf({ case: 'status', value: { downloads: [{}] } }));
  outbox.end();
  const frames: Frame[] = [];
  for await (const frame of outbox) frames.push(frame);
  assert.deepEqual(
    frames.map(({ kind }) => kind.case),
    ['bye', 'status'],
  );
});
