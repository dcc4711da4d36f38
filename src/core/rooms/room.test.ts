import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message, Roster, RosterEntry } from '../messages.ts';
import { MAX_MEMBERS, Room, type RoomCommand } from './room.ts';

/** What takes the place of a seniority that nobody has given. It has to fit into 32 bits. */
const NO_PLACE = 2 ** 31;

function member(id: string) {
  return { id, name: id, addresses: [`${id}:1`], certificate: new Uint8Array() };
}

function entry(id: string, seniority: number, changes: Partial<RosterEntry> = {}): RosterEntry {
  return { ...member(id), seniority, present: true, ...changes };
}

function newRoom(id: string, seniority?: number): Room {
  return new Room({ me: member(id), seniority });
}

/** A joiner that follows `a`, knows `b` before it in line, and has sessions with both. */
function follower(): Room {
  const room = newRoom('c');
  room.peerUp(member('a'), 0);
  room.onCoordinate('a', { type: 'coordinate', epoch: 1, seniority: 1 });
  room.peerUp(member('b'), 0);
  room.onRoster('a', rosterOf(1, entry('a', 1), entry('b', 2), entry('c', 3)), 0);
  room.drain();
  return room;
}

function rosterOf(epoch: number, ...members: RosterEntry[]): Roster {
  return { type: 'roster', epoch, members };
}

function sent(commands: readonly RoomCommand[]): Message[] {
  return commands.filter((command) => command.type === 'send').map(({ message }) => message);
}

function dials(commands: readonly RoomCommand[]): string[] {
  return commands.filter((command) => command.type === 'dial').map(({ peer }) => peer);
}

test('whoever opens the room coordinates it from the first moment', () => {
  const room = newRoom('a', 1);
  assert.equal(room.isCoordinator, true);
  assert.equal(room.epoch, 1);
  assert.deepEqual(room.drain(), [{ type: 'coordinator-changed' }]);
});

test('a newcomer hears who coordinates before it hears anything else, and gets the next place', () => {
  const room = newRoom('a', 1);
  room.drain();
  room.peerUp(member('b'), 0);
  const [first, second] = sent(room.drain());
  assert.deepEqual(first, { type: 'coordinate', epoch: 1, seniority: 1 });
  assert.ok(second?.type === 'roster');
  assert.deepEqual(
    second.members.map(({ id, seniority }) => [id, seniority]),
    [
      ['a', 1],
      ['b', 2],
    ],
  );
});

test('a member that returns has its place back', () => {
  const room = newRoom('a', 1);
  room.peerUp(member('b'), 0);
  room.peerUp(member('c'), 0);
  room.left('b');
  room.peerDown('b', true, 10);
  room.peerUp(member('b'), 20);
  assert.equal(room.member('b')?.seniority, 2);
  assert.equal(room.member('b')?.present, true);
});

test('of two claims the higher epoch wins, then the lower seniority, then the lower id', () => {
  const cases: [[number, number, string], [number, number, string]][] = [
    [
      [2, 9, 'z'],
      [1, 1, 'b'],
    ],
    [
      [1, 1, 'z'],
      [1, 2, 'b'],
    ],
    [
      [1, 1, 'b'],
      [1, 1, 'z'],
    ],
  ];
  for (const [better, worse] of cases) {
    for (const order of [
      [better, worse],
      [worse, better],
    ]) {
      const room = newRoom('c');
      for (const [epoch, seniority, id] of order) {
        room.peerUp(member(id), 0);
        room.onCoordinate(id, { type: 'coordinate', epoch, seniority });
      }
      assert.equal(room.coordinator, better[2]);
      assert.equal(room.epoch, better[0]);
    }
  }
});

test('a coordinator tells whoever makes a lower claim of its own', () => {
  const room = newRoom('a', 1);
  room.peerUp(member('b'), 0);
  room.drain();
  room.onCoordinate('b', { type: 'coordinate', epoch: 1, seniority: 2 });
  assert.deepEqual(sent(room.drain()), [{ type: 'coordinate', epoch: 1, seniority: 1 }]);
});

test('claims of epochs that no room reaches are not heeded', () => {
  const room = newRoom('a', 1);
  room.peerUp(member('b'), 0);
  for (const epoch of [Number.MAX_SAFE_INTEGER, 2 ** 31 + 1, Number.NaN]) {
    room.onCoordinate('b', { type: 'coordinate', epoch, seniority: 1 });
  }
  assert.equal(room.isCoordinator, true);
});

test('when the coordinator is lost the next in line claims the room at once, with the next epoch', () => {
  const room = newRoom('b');
  room.peerUp(member('a'), 0);
  room.onCoordinate('a', { type: 'coordinate', epoch: 1, seniority: 1 });
  room.onRoster('a', rosterOf(1, entry('a', 1), entry('b', 2), entry('c', 3)), 0);
  room.peerUp(member('c'), 0);
  room.drain();
  room.peerDown('a', false, 100);
  assert.equal(room.isCoordinator, true);
  assert.equal(room.epoch, 2);
  assert.ok(sent(room.drain()).some((message) => message.type === 'coordinate' && message.epoch === 2));
});

test('the others claim in turn, unless they hear of a claim before', () => {
  const room = follower();
  room.peerDown('a', false, 100);
  assert.equal(room.isCoordinator, false);
  assert.equal(room.deadline(), 1_600);
  room.tick(1_600);
  assert.equal(room.isCoordinator, true);

  const other = follower();
  other.peerDown('a', false, 100);
  other.onCoordinate('b', { type: 'coordinate', epoch: 2, seniority: 2 });
  other.tick(10_000);
  assert.equal(other.coordinator, 'b');
});

test('a coordinator that is back and says so goes on; one that has forgotten does not hold the room up', () => {
  const room = follower();
  room.peerDown('a', false, 100);
  room.peerUp(member('a'), 200);
  room.onCoordinate('a', { type: 'coordinate', epoch: 1, seniority: 1 });
  room.tick(10_000);
  assert.equal(room.coordinator, 'a');

  const other = follower();
  other.peerDown('a', false, 100);
  other.peerUp(member('a'), 200);
  other.tick(10_000);
  assert.equal(other.isCoordinator, true);
});

test('a joiner that is never told its place claims the room only after a long wait, and as the last in line', () => {
  const room = newRoom('c');
  room.peerUp(member('b'), 0);
  room.tick(11_999);
  assert.equal(room.isCoordinator, false);
  room.tick(60_000);
  assert.equal(room.isCoordinator, true);
  const claim = sent(room.drain()).find((message) => message.type === 'coordinate');
  assert.deepEqual(claim, { type: 'coordinate', epoch: 1, seniority: NO_PLACE });
  assert.ok((room.member('b')?.seniority ?? NO_PLACE) < NO_PLACE);
});

test('no seniority that is told to others is beyond 32 bits', () => {
  const room = newRoom('c');
  room.peerUp(member('b'), 0);
  room.peerUp(member('d'), 0);
  room.tick(60_000);
  for (const message of sent(room.drain())) {
    const entries = message.type === 'roster' ? message.members : [];
    for (const { seniority } of entries) assert.ok(seniority >= 1 && seniority < 2 ** 32);
  }
});

test('the list of somebody else introduces members, and says nothing about places or who is gone', () => {
  const room = follower();
  room.onRoster('b', rosterOf(1, entry('a', 9, { present: false }), entry('c', 1), entry('d', 4)), 0);
  assert.equal(room.member('a')?.seniority, 1);
  assert.equal(room.member('a')?.present, true);
  assert.equal(room.member('c')?.seniority, 3);
  assert.deepEqual(dials(room.drain()), []);
  room.tick(1_000);
  assert.deepEqual(dials(room.drain()), ['d']);
});

test('a list of an epoch that is over counts as that of somebody else', () => {
  const room = follower();
  assert.equal(room.onRoster('a', rosterOf(7, entry('b', 9)), 0), false);
  assert.equal(room.member('b')?.seniority, 2);
  assert.equal(room.onRoster('a', rosterOf(1, entry('b', 9)), 0), true);
  assert.equal(room.member('b')?.seniority, 9);
});

test('a newcomer dials whom it is told of at once; the others give it a moment first', () => {
  const room = newRoom('c');
  room.peerUp(member('a'), 0);
  room.onCoordinate('a', { type: 'coordinate', epoch: 1, seniority: 1 });
  room.drain();
  room.onRoster('a', rosterOf(1, entry('a', 1), entry('b', 2), entry('c', 3), entry('d', 4)), 0);
  assert.deepEqual(dials(room.drain()), ['b']);
  room.tick(1_000);
  assert.deepEqual(dials(room.drain()), ['d']);
});

test('a dial that leads to nothing is repeated with growing pauses', () => {
  const room = newRoom('a', 1);
  room.peerUp(member('b'), 0);
  room.peerDown('b', false, 0);
  room.drain();
  const atMs: number[] = [];
  for (let at = room.deadline()!; at < 60_000; at = room.deadline()!) {
    room.tick(at);
    if (dials(room.drain()).length > 0) atMs.push(at);
  }
  assert.deepEqual(atMs, [2_000, 6_000, 14_000, 29_000, 44_000, 59_000]);
});

test('a member that was lost is dialled though the coordinator takes it for gone, but not for ever', () => {
  const room = follower();
  room.peerDown('b', false, 0);
  room.onRoster('a', rosterOf(1, entry('a', 1), entry('b', 2, { present: false }), entry('c', 3)), 10);
  room.tick(2_000);
  assert.deepEqual(dials(room.drain()), ['b']);
  room.tick(700_000);
  assert.deepEqual(dials(room.drain()), []);
  assert.equal(room.deadline(), undefined);
});

test('a member that said goodbye is not dialled', () => {
  const room = newRoom('a', 1);
  room.peerUp(member('b'), 0);
  room.left('b');
  room.peerDown('b', true, 0);
  room.drain();
  assert.equal(room.deadline(), undefined);
  assert.equal(room.member('b')?.present, false);
});

test('the list is limited, and members that were met are not driven out by those only heard of', () => {
  const room = newRoom('a', 1);
  const crowd = Array.from({ length: 2 * MAX_MEMBERS }, (_, i) => entry(`x${i}`, i + 2));
  room.peerUp(member('b'), 0);
  room.onRoster('b', rosterOf(1, ...crowd.slice(0, MAX_MEMBERS)), 0);
  room.onRoster('b', rosterOf(1, ...crowd.slice(MAX_MEMBERS)), 0);
  assert.equal(room.members.length, MAX_MEMBERS);
  room.peerUp(member('new'), 0);
  assert.equal(room.members.length, MAX_MEMBERS);
  for (const id of ['a', 'b', 'new']) assert.notEqual(room.member(id), undefined);
});

test('whoever was lost is looked for, until it is back or for ten minutes; whoever left is not', () => {
  const room = follower();
  assert.equal(room.looksForOthers(0), false);
  room.peerDown('b', false, 1_000);
  assert.equal(room.looksForOthers(600_999), true);
  assert.equal(room.looksForOthers(601_000), false);
  room.peerUp(member('b'), 2_000);
  assert.equal(room.looksForOthers(2_000), false);
  room.left('b');
  room.peerDown('b', true, 3_000);
  assert.equal(room.looksForOthers(3_000), false);
});

test('whoever the room tells of is looked for until it is met or turns out to be gone', () => {
  const room = follower();
  room.onRoster('a', rosterOf(1, entry('a', 1), entry('b', 2), entry('c', 3), entry('d', 4)), 0);
  assert.equal(room.looksForOthers(0), true);
  room.peerUp(member('d'), 1_000);
  assert.equal(room.looksForOthers(1_000), false);
  room.onRoster('a', rosterOf(1, entry('a', 1), entry('b', 2), entry('c', 3), entry('e', 5)), 2_000);
  assert.equal(room.looksForOthers(2_000), true);
  room.onRoster('a', rosterOf(1, entry('e', 5, { present: false })), 3_000);
  assert.equal(room.looksForOthers(3_000), false);
});
