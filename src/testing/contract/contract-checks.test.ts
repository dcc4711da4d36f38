import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command, Event } from '../../core/contract.ts';
import { sampleOffer } from '../member/small-world.ts';
import { recordBy } from '../member/speech.ts';
import { ContractChecks } from './contract-checks.ts';

const PIECE = 256 * 1024;
const download = 'd0';
const record = recordBy('a')(0);
const { sha256 } = record;
const reason = { code: 'disk-full', message: 'full' } as const;

const ADD: Event = { type: 'add-download', offer: sampleOffer(), held: [], maxConnections: 1 };
const FETCH: Command = { type: 'fetch', download, stream: 1, start: 0, end: PIECE };
const BYTES: Event = { type: 'origin-bytes', download, stream: 1, start: 0, end: PIECE };
const ENDED: Event = {
  type: 'origin-ended',
  download,
  stream: 1,
  outcome: 'complete',
  retryAfterMs: undefined,
};
const PULL: Command = { type: 'pull', download, pull: 2, from: 'b', start: 0, end: PIECE };
const PULLED: Event = { type: 'pull-bytes', download, pull: 2, start: 0, end: PIECE };
const RECORDS: Event = { type: 'records', download, records: [record] };
const HASH: Command = { type: 'hash', download, piece: 0 };
const HASHED: Event = { type: 'hashed', download, piece: 0, sha256 };
const SIGN: Command = { type: 'sign', download, piece: 0, sha256 };
const KEPT: Event = { type: 'kept', download, record };
const UP: Event = { type: 'peer-up', peer: 'b', name: 'b', addresses: [], certificate: new Uint8Array() };
const HAVE: Command = {
  type: 'send',
  to: 'b',
  message: { type: 'have', download, runs: [{ start: 0, end: 1 }], records: [] },
};
const ASKED: Event = { type: 'serve-request', request: 1, peer: 'b', download, start: 0, end: 10 };
const REFUSE: Command = { type: 'refuse-serve', request: 1 };
const SERVED: Event = { type: 'served', request: 1, bytes: 10 };
const FAILED: Event = { type: 'failed', download, reason };
const FAIL: Command = { type: 'failed', download, reason };
const LEAVE: Event = { type: 'leave' };

/** An event that only the world tells, and a command that only the core gives, in one list. */
type Step = { readonly told: Event } | { readonly asks: Command };
const told = (event: Event): Step => ({ told: event });
const asks = (command: Command): Step => ({ asks: command });

function run(steps: readonly Step[], isJournaled?: () => boolean): void {
  const checks = new ContractChecks(isJournaled);
  for (const step of steps) {
    if ('told' in step) checks.event(step.told);
    else checks.command(step.asks);
  }
}

const GOOD = [
  told(UP),
  told(ADD),
  asks(FETCH),
  told(BYTES),
  asks(HASH),
  told(ENDED),
  told(HASHED),
  asks(SIGN),
  told(KEPT),
];

test('a piece on its way from the origin to the others keeps the contract', () => {
  run([
    ...GOOD,
    asks(HAVE),
    told(ASKED),
    asks({ type: 'serve', request: 1, records: [record] }),
    told(SERVED),
  ]);
});

const BROKEN: readonly (readonly [why: string, steps: readonly Step[], expected: RegExp])[] = [
  ['bytes of a transfer that has ended', [told(ADD), asks(FETCH), told(ENDED), told(BYTES)], /not open/],
  ['a transfer that ends twice', [told(ADD), asks(FETCH), told(ENDED), told(ENDED)], /not open/],
  ['bytes out of order', [told(ADD), asks(FETCH), told({ ...BYTES, start: 5 } as Event)], /is due/],
  ['bytes beyond the end', [told(ADD), asks(FETCH), told({ ...BYTES, end: PIECE + 1 } as Event)], /is due/],
  ['a number that is taken', [told(ADD), asks(FETCH), asks(FETCH)], /is taken/],
  ['records after the bytes', [told(ADD), asks(PULL), told(PULLED), told(RECORDS)], /after its bytes/],
  ['records that no pull brings', [told(ADD), told(RECORDS)], /without a pull/],
  ['a hash that nobody asked for', [told(ADD), told(HASHED)], /unasked/],
  ['a hash that is told twice', [...GOOD.slice(0, 7), told(HASHED)], /unasked/],
  ['a piece that is kept unasked', [told(ADD), told(KEPT)], /unasked/],
  ['a piece that is kept twice', [...GOOD, told(KEPT)], /unasked/],
  ['a piece that is signed unhashed', [told(ADD), asks(SIGN)], /not this hash/],
  ['a piece that is hashed when it is kept', [...GOOD, asks(HASH)], /is kept/],
  ['a piece that is announced before it is kept', [...GOOD.slice(0, 8), asks(HAVE)], /announced/],
  ['a request that is answered twice', [told(UP), told(ASKED), asks(REFUSE), asks(REFUSE)], /no answer/],
  ['an end that is told twice', [told(ASKED), told(SERVED), told(SERVED)], /was not open/],
  ['a download that is finished too early', [told(ADD), asks({ type: 'finish', download })], /before every/],
  ['a file that is finished unasked', [told(ADD), told({ type: 'finished', download })], /asked for/],
  ['a download that fails twice', [told(ADD), told(FAILED), asks(FAIL), asks(FAIL)], /has failed/],
  ['a failed download that fetches', [told(ADD), told(FAILED), asks(FAIL), asks(FETCH)], /has failed/],
  ['news after leaving', [...GOOD, told(LEAVE), asks(HAVE)], /after leaving/],
  ['a fetch after leaving', [told(ADD), told(LEAVE), asks(FETCH)], /after leaving/],
  ['a message to somebody who is not there', [told(ADD), ...GOOD.slice(2), asks(HAVE)], /not there/],
  [
    'a need that is told twice',
    [asks({ type: 'needed', progressMs: 5 }), asks({ type: 'needed', progressMs: 5 })],
    /twice/,
  ],
];

for (const [why, steps, expected] of BROKEN) {
  test(`the contract does not allow ${why}`, () => {
    assert.throws(() => run(steps), expected);
  });
}

test('a piece is not kept before the journal has it', () => {
  assert.throws(() => run(GOOD, () => false), /before it is in the journal/);
});

test('after leaving what the core does not hear may come again, and what it hears may not', () => {
  run([...GOOD, told(LEAVE), told(ENDED), told(SERVED), told(FAILED), told(UP)]);
  assert.throws(() => run([...GOOD, told(LEAVE), told(BYTES)]), /not open/);
});
