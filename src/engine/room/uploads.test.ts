import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Uploads } from './uploads.ts';

function newUploads(): Uploads {
  return new Uploads({ holders: () => 1, relays: () => true });
}

function request(peer: string, piece = 0) {
  return { peer, download: 'd0', run: { start: piece, end: piece + 1 }, bytes: 100 };
}

/** Whether a promise has settled by the time that everything else that can go on has. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let is = false;
  promise.then(
    () => (is = true),
    () => (is = true),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return is;
}

test('a request is served at once while there is a place, and the next of the same peer when it is over', async () => {
  const uploads = newUploads();
  const [first, second, third] = [0, 1, 2].map((piece) => uploads.turn(request('a', piece)));
  const release = await first!;
  await second;
  assert.equal(await settled(third!), false);
  release!(100);
  assert.ok(await third);
});

test('a peer that goes leaves its place to others, and its waiting requests end without a turn', async () => {
  const uploads = newUploads();
  const others = Array.from({ length: 16 }, (_, i) => uploads.turn(request(`p${i >> 1}`, i)));
  await Promise.all(others);
  const waiting = uploads.turn(request('p0', 50));
  const newcomer = uploads.turn(request('new'));
  assert.equal(await settled(newcomer), false);
  uploads.removePeer('p0');
  assert.equal(await waiting, undefined);
  assert.ok(await newcomer);
});

test('more than a peer may have waiting is refused at once', async () => {
  const uploads = newUploads();
  const turns = Array.from({ length: 40 }, (_, i) => uploads.turn(request('a', i)));
  assert.equal(await turns.at(-1), undefined);
  assert.equal(await settled(turns[10]!), false);
});

test('a release that comes after its peer has gone changes nothing', async () => {
  const uploads = newUploads();
  const release = await uploads.turn(request('a'));
  uploads.removePeer('a');
  release!(10);
  release!(10);
  assert.ok(await uploads.turn(request('a')));
});
