import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../../core/contract.ts';
import { Serving } from './serving.ts';

/** Whoever asks goes on waiting. */
const STAYS = new AbortController().signal;
const REQUEST = { peer: 'b', download: 'd0', start: 0, end: 300 };

function newServing() {
  const told: Event[] = [];
  const serving = new Serving({
    dispatch: (event) => told.push(event),
    read: async (_download, target, offset) => {
      if (offset >= 200) throw new Error('the disk has failed');
      target.fill(7);
    },
  });
  return { serving, told };
}

test('a request waits for the answer of the core, which hears how many bytes were read for it', async () => {
  const { serving, told } = newServing();
  const waiting = serving.serve(REQUEST, STAYS);
  assert.deepEqual(told, [{ type: 'serve-request', request: 1, ...REQUEST }]);
  serving.answer({ type: 'serve', request: 1, records: [] });
  const served = await waiting;
  const target = new Uint8Array(100);
  await served!.read(target, 0);
  await served!.read(target, 100);
  await assert.rejects(served!.read(target, 200));
  served!.release!();
  assert.deepEqual(told.at(-1), { type: 'served', request: 1, bytes: 200 });
  assert.ok(target.every((byte) => byte === 7));
});

test('a request that the core refuses has no bytes, and no end is told', async () => {
  const { serving, told } = newServing();
  const waiting = serving.serve(REQUEST, STAYS);
  serving.answer({ type: 'refuse-serve', request: 1 });
  assert.equal(await waiting, undefined);
  assert.equal(told.length, 1);
});

test('when it is closed, whoever waits and whoever comes is told no, whatever the core says later', async () => {
  const { serving, told } = newServing();
  const waiting = serving.serve(REQUEST, STAYS);
  serving[Symbol.dispose]();
  assert.equal(await waiting, undefined);
  assert.equal(await serving.serve(REQUEST, STAYS), undefined);
  serving.answer({ type: 'serve', request: 1, records: [] });
  assert.equal(told.length, 1);
});

test('a request that nobody waits for any more is given up before its turn, and the core is told once', async () => {
  const { serving, told } = newServing();
  const gone = new AbortController();
  const waiting = serving.serve(REQUEST, gone.signal);
  gone.abort();
  assert.equal(await waiting, undefined);
  assert.deepEqual(told.at(-1), { type: 'served', request: 1, bytes: 0 });
  serving.answer({ type: 'serve', request: 1, records: [] });
  assert.equal(told.length, 2);
});
