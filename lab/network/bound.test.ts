import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundSeconds, GOODPUT, goodputBytes, type MemberLinks, phasedBoundSeconds } from './bound.ts';

const link = (wanDown: number, lan = 1000): MemberLinks => ({ wanDown, lanUp: lan, lanDown: lan });
const close = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9 * expected, `${actual} is not ${expected}`);

test('a 100 Mbit/s link carries 11.96 MB of payload a second', () => {
  close(goodputBytes(100), 12_500_000 * GOODPUT);
  assert.equal(Math.round(goodputBytes(100) / 1e4), 1196);
});

test('alone, the bound is the file over the link', () => {
  close(boundSeconds(1000, [link(10)]), 100);
});

test('equal members on a fast LAN divide the time by their number', () => {
  close(boundSeconds(1000, [link(10), link(10), link(10), link(10)]), 25);
});

test('a slow origin takes the place of the sum of links', () => {
  close(boundSeconds(1000, [link(10), link(10)], 5), 200);
});

test('a slow LAN keeps the slowest member waiting', () => {
  close(boundSeconds(1000, [link(90), { wanDown: 10, lanUp: 40, lanDown: 15 }]), 1000 / 25);
});

test('all members together cannot receive more than all links carry', () => {
  // W = 40, uploads 4 x 10: 4,000 bytes over 80 a second.
  close(boundSeconds(1000, [link(10, 10), link(10, 10), link(10, 10), link(10, 10)]), 50);
});

test('phases that change nothing give the bound without phases', () => {
  const members = new Map([
    ['a', link(10)],
    ['b', link(30)],
  ]);
  close(
    phasedBoundSeconds(1000, [
      { fromSeconds: 0, members },
      { fromSeconds: 7, members },
    ]),
    boundSeconds(1000, [...members.values()]),
  );
});

test('a member that joins at half shortens what was left', () => {
  const two = new Map([
    ['a', link(10)],
    ['b', link(10)],
  ]);
  const three = new Map([...two, ['c', link(20)] as const]);
  // 25 s at 20 a second, then 500 bytes at 40 a second.
  close(
    phasedBoundSeconds(1000, [
      { fromSeconds: 0, members: two },
      { fromSeconds: 25, members: three },
    ]),
    37.5,
  );
});

test('a late joiner still has to receive the whole file', () => {
  const first = new Map([['a', link(100, 50)]]);
  const both = new Map([...first, ['b', link(10, 50)] as const]);
  // b gets 10 from the origin and at most 50 from a, from second 9 on.
  close(
    phasedBoundSeconds(1000, [
      { fromSeconds: 0, members: first },
      { fromSeconds: 9, members: both },
    ]),
    9 + 1000 / 60,
  );
});

test('a member that leaves takes its link with it and needs nothing', () => {
  const both = new Map([
    ['a', link(10)],
    ['b', link(10)],
  ]);
  // 500 bytes in 25 s, then 10 a second.
  close(
    phasedBoundSeconds(1000, [
      { fromSeconds: 0, members: both },
      { fromSeconds: 25, members: new Map([['a', link(10)]]) },
    ]),
    75,
  );
});

test('a bound without phases is refused', () => {
  assert.throws(() => phasedBoundSeconds(1, []), RangeError);
});
