import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../contract.ts';
import { Uploads } from './uploads.ts';

const PIECE = 100;

/** Uploads of a member that holds every piece but those in `missing`, and what it has answered. */
function newUploads() {
  const answers: Command[] = [];
  const missing = new Set<number>();
  const uploads = new Uploads({
    recordsFor: (_download, { start }) => (missing.has(start / PIECE) ? undefined : []),
    piecesOf: (_download, { start, end }) => ({ start: start / PIECE, end: end / PIECE }),
    holders: () => 1,
    relays: () => true,
    emit: (command) => answers.push(command),
  });
  let requests = 0;
  const ask = (peer: string, piece = 0): number => {
    const request = ++requests;
    const start = piece * PIECE;
    uploads.ask({ type: 'serve-request', request, peer, download: 'd0', start, end: start + PIECE });
    return request;
  };
  const answersTo = (request: number) =>
    answers.flatMap((answer) => ('request' in answer && answer.request === request ? [answer.type] : []));
  return { uploads, answers, missing, ask, answersTo };
}

test('a request is served at once while there is a place, and the next of the same peer when it is over', () => {
  const { uploads, ask, answersTo } = newUploads();
  const [first, second, third] = [0, 1, 2].map((piece) => ask('a', piece));
  assert.deepEqual(
    [first, second].map((request) => answersTo(request!)),
    [['serve'], ['serve']],
  );
  assert.deepEqual(answersTo(third!), []);
  assert.equal(uploads.ended(first!, PIECE), 'd0');
  assert.deepEqual(answersTo(third!), ['serve']);
});

test('what this member does not hold is refused at once', () => {
  const { missing, ask, answersTo } = newUploads();
  missing.add(3);
  assert.deepEqual(answersTo(ask('a', 3)), ['refuse-serve']);
});

test('what is not held any more when its turn comes is refused, and its place goes to the next', () => {
  const { uploads, missing, ask, answersTo } = newUploads();
  const [first, , third, fourth] = [0, 1, 2, 3].map((piece) => ask('a', piece));
  missing.add(2);
  uploads.ended(first!, PIECE);
  assert.deepEqual(answersTo(third!), ['refuse-serve']);
  assert.deepEqual(answersTo(fourth!), ['serve']);
});

test('a peer that goes leaves its place to others, and its waiting requests are refused', () => {
  const { uploads, ask, answersTo } = newUploads();
  for (let i = 0; i < 16; i++) ask(`p${i >> 1}`, i);
  const waiting = ask('p0', 50);
  const newcomer = ask('new');
  assert.deepEqual(answersTo(newcomer), []);
  uploads.peerDown('p0');
  assert.deepEqual(answersTo(waiting), ['refuse-serve']);
  assert.deepEqual(answersTo(newcomer), ['serve']);
});

test('more than a peer may have waiting is refused at once', () => {
  const { ask, answersTo } = newUploads();
  const requests = Array.from({ length: 40 }, (_, i) => ask('a', i));
  assert.deepEqual(answersTo(requests.at(-1)!), ['refuse-serve']);
  assert.deepEqual(answersTo(requests[10]!), []);
});

test('a request that is given up before its turn is not answered', () => {
  const { uploads, ask, answersTo } = newUploads();
  const [first, , third] = [0, 1, 2].map((piece) => ask('a', piece));
  assert.equal(uploads.ended(third!, 0), undefined);
  uploads.ended(first!, PIECE);
  assert.deepEqual(answersTo(third!), []);
});

test('an end that is told after the peer has gone, or twice, changes nothing but what was sent', () => {
  const { uploads, ask, answersTo } = newUploads();
  const request = ask('a');
  uploads.peerDown('a');
  assert.equal(uploads.ended(request, 10), 'd0');
  assert.equal(uploads.ended(request, 10), undefined);
  assert.deepEqual(answersTo(ask('a')), ['serve']);
});

test('a member that leaves refuses all that waits', () => {
  const { uploads, ask, answersTo } = newUploads();
  const [first, , third] = [0, 1, 2].map((piece) => ask('a', piece));
  uploads.close();
  assert.deepEqual(answersTo(third!), ['refuse-serve']);
  uploads.ended(first!, PIECE);
  assert.deepEqual(answersTo(third!), ['refuse-serve']);
});
