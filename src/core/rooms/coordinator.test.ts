import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Offer, Report } from '../messages.ts';
import { Coordinator } from './coordinator.ts';

const MIB = 1024 * 1024;

const offer: Offer = {
  type: 'offer',
  download: 'd0',
  url: 'http://origin/file',
  fileName: 'file',
  pieceBytes: MIB,
  ranges: true,
  identity: { sizeBytes: 64 * MIB, etag: undefined, lastModified: undefined },
  checksum: undefined,
  order: 0,
};

function report(changes: Partial<Report> = {}): Report {
  return {
    type: 'report',
    epoch: 1,
    download: 'd0',
    originRate: 1e6,
    canFetch: true,
    wants: 2,
    seenLease: 0,
    leases: [],
    ...changes,
  };
}

/** How many leases of whole pieces a member is granted. */
function grantsTo(coordinator: Coordinator, member: string): number {
  return coordinator
    .drain()
    .filter(({ to, message }) => to === member && message.type === 'grant' && message.lease.kind === 'run')
    .length;
}

test('a member that wants work and may fetch is granted some, in the name of the epoch', () => {
  const coordinator = new Coordinator(1, 0);
  coordinator.offer(offer, 0);
  coordinator.memberUp('a', 0);
  coordinator.report('a', report(), 0);
  const [first] = coordinator.drain();
  assert.equal(first?.to, 'a');
  assert.ok(first.message.type === 'grant' && first.message.epoch === 1 && first.message.download === 'd0');
});

test('members that are there before a download count for it too', () => {
  const coordinator = new Coordinator(1, 0);
  coordinator.memberUp('a', 0);
  coordinator.offer(offer, 0);
  coordinator.report('a', report(), 0);
  assert.ok(grantsTo(coordinator, 'a') > 0);
});

test('reports for another epoch, of strangers and about unknown downloads are passed over', () => {
  const coordinator = new Coordinator(3, 0);
  coordinator.offer(offer, 0);
  coordinator.memberUp('a', 0);
  coordinator.report('a', report({ epoch: 2 }), 1_000);
  coordinator.report('b', report({ epoch: 3 }), 1_000);
  coordinator.report('a', report({ epoch: 3, download: 'd9' }), 1_000);
  assert.deepEqual(coordinator.drain(), []);
});

test('after a take-over nothing is granted until everybody has reported or half a second is over', () => {
  const coordinator = new Coordinator(2, 1_000);
  coordinator.offer(offer, 1_000);
  coordinator.memberUp('a', 1_000);
  coordinator.memberUp('b', 1_000);
  coordinator.report('a', report({ epoch: 2 }), 1_100);
  assert.equal(grantsTo(coordinator, 'a'), 0);
  assert.equal(coordinator.deadline(), 1_500);
  coordinator.tick(1_500);
  assert.ok(grantsTo(coordinator, 'a') > 0);

  const early = new Coordinator(2, 1_000);
  early.offer(offer, 1_000);
  early.memberUp('a', 1_000);
  early.report('a', report({ epoch: 2 }), 1_100);
  assert.ok(grantsTo(early, 'a') > 0);
});

test('what a member held and leased when another coordinator was there is not given to anybody else', () => {
  const coordinator = new Coordinator(2, 0);
  coordinator.offer(offer, 0);
  for (const member of ['a', 'b']) coordinator.memberUp(member, 0);
  coordinator.have('a', { type: 'have', download: 'd0', runs: [{ start: 0, end: 10 }], records: [] }, 10);
  const lease = { lease: 2 ** 20 + 1, start: 10 * MIB, end: 20 * MIB, receivedBytes: 0 };
  coordinator.report('a', report({ epoch: 2, wants: 0, seenLease: lease.lease, leases: [lease] }), 10);
  coordinator.report('b', report({ epoch: 2 }), 10);
  const starts = coordinator
    .drain()
    .flatMap(({ message }) => (message.type === 'grant' ? [message.lease.start] : []));
  assert.ok(starts.length > 0 && starts.every((start) => start >= 20 * MIB), `${starts}`);
});

test('the size of a download can be learnt once and not changed', () => {
  const coordinator = new Coordinator(1, 0);
  const open = { ...offer, ranges: false, identity: { ...offer.identity, sizeBytes: undefined } };
  coordinator.offer(open, 0);
  coordinator.memberUp('a', 0);
  coordinator.report('a', report(), 0);
  assert.equal(grantsTo(coordinator, 'a'), 1);
  const sized = (sizeBytes: number) => ({ ...open, identity: { ...open.identity, sizeBytes } });
  coordinator.offer(sized(2 * MIB), 10);
  coordinator.offer(sized(50 * MIB), 20);
  coordinator.have('a', { type: 'have', download: 'd0', runs: [{ start: 0, end: 2 }], records: [] }, 30);
  coordinator.memberUp('b', 40);
  coordinator.report('b', report(), 40);
  assert.equal(grantsTo(coordinator, 'b'), 0);
});

test('a member that leaves frees what it leased', () => {
  const coordinator = new Coordinator(1, 0);
  const small = { ...offer, identity: { ...offer.identity, sizeBytes: MIB } };
  coordinator.offer(small, 0);
  for (const member of ['a', 'b']) coordinator.memberUp(member, 0);
  coordinator.report('a', report(), 0);
  coordinator.drain();
  coordinator.report('b', report(), 0);
  assert.equal(grantsTo(coordinator, 'b'), 0);
  coordinator.memberDown('a', 10);
  assert.equal(grantsTo(coordinator, 'b'), 1);
});
