import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command, Core, Event } from '../../core/contract.ts';
import { ManualClock } from '../../testing/app/manual-clock.ts';
import { sampleOffer } from '../../testing/member/small-world.ts';
import { CoreDriver } from './core-driver.ts';

const OFFER = sampleOffer();
const { download } = OFFER;
const PROBED: Event = { type: 'probe-done', download, canFetch: true };

interface Driven {
  readonly driver: CoreDriver;
  readonly core: Core;
  readonly clock: ManualClock;
  readonly commands: Command[];
  readonly broken: unknown[];
  settledCount: number;
}

/** A driver around the core of a member that is alone, with a clock that stands still. */
function newDriven(onCommand: (command: Command, driven: Driven) => void = () => {}): Driven {
  const clock = new ManualClock();
  const cores: Core[] = [];
  const driver = new CoreDriver({
    me: 'a',
    name: 'a',
    certificate: new Uint8Array(),
    addresses: [],
    room: undefined,
    seniority: 1,
    clock,
    wrap: (core) => {
      cores.push(core);
      return core;
    },
    execute: (command) => {
      driven.commands.push(command);
      onCommand(command, driven);
    },
    settled: () => driven.settledCount++,
    broken: (thrown) => driven.broken.push(thrown),
  });
  const driven: Driven = { driver, core: cores[0]!, clock, commands: [], broken: [], settledCount: 0 };
  return driven;
}

/** Adds the download, which may be fetched. */
function begin({ driver }: Driven): void {
  driver.add({ offer: OFFER, held: [], maxConnections: 1 });
  driver.dispatch(PROBED);
}

/** The stream that the core has asked for first. */
function firstStream({ commands }: Driven): number {
  const fetch = commands.find((command) => command.type === 'fetch');
  assert.ok(fetch);
  return fetch.stream;
}

/** All bytes of one piece have come. */
function pieceArrives(driven: Driven, piece: number): Event {
  const start = piece * OFFER.pieceBytes;
  const end = start + OFFER.pieceBytes;
  return { type: 'origin-bytes', download, stream: firstStream(driven), start, end };
}

test('the commands that an event leads to are carried out in the order in which the core gives them', () => {
  const driven = newDriven();
  begin(driven);
  driven.driver.dispatch(pieceArrives(driven, 0));
  driven.driver.dispatch({ type: 'hashed', download, piece: 0, sha256: new Uint8Array(32) });
  const ofPieces = driven.commands.filter(({ type }) => type === 'hash' || type === 'sign');
  assert.deepEqual(
    ofPieces.map(({ type }) => type),
    ['hash', 'sign'],
  );
});

test('an event that arrives while a command is carried out waits until all commands of this one are', () => {
  const steps: string[] = [];
  const driven = newDriven(({ type }, { driver }) => {
    if (type === 'hash') {
      steps.push('hash begins');
      driver.dispatch({ type: 'hashed', download, piece: 0, sha256: new Uint8Array(32) });
      steps.push('hash ends');
    }
    if (type === 'sign') steps.push('sign');
  });
  begin(driven);
  const { settledCount } = driven;
  driven.driver.dispatch(pieceArrives(driven, 0));
  assert.deepEqual(steps, ['hash begins', 'hash ends', 'sign']);
  assert.equal(driven.settledCount, settledCount + 1, 'one round for both events');
});

test('a command that cannot be carried out breaks the driver, which handles nothing any more', () => {
  const cause = new Error('no such thing');
  const driven = newDriven(({ type }, { driver }) => {
    if (type !== 'fetch') return;
    driver.dispatch({ type: 'leave' });
    throw cause;
  });
  begin(driven);
  assert.deepEqual(driven.broken, [cause]);
  const { length } = driven.commands;
  assert.equal(driven.commands.at(-1)?.type, 'fetch', 'what was in line is not handled');
  driven.driver.dispatch(PROBED);
  assert.equal(driven.commands.length, length);
  assert.equal(driven.clock.timerCount, 0);
});

test('a core that throws breaks the driver too', () => {
  const driven = newDriven();
  driven.driver.add({ offer: { ...OFFER, pieceBytes: 3 }, held: [], maxConnections: 1 });
  assert.equal(driven.broken.length, 1);
  assert.ok(driven.broken[0] instanceof Error);
});

test('the core is woken when it asks to be, and then again', () => {
  const driven = newDriven();
  begin(driven);
  const deadlineMs = driven.core.deadline();
  assert.ok(deadlineMs !== undefined);
  const { settledCount } = driven;
  driven.clock.advance(deadlineMs - driven.clock.now() - 1);
  assert.equal(driven.settledCount, settledCount);
  driven.clock.advance(2);
  assert.equal(driven.settledCount, settledCount + 1);
  assert.equal(driven.clock.timerCount, 1, 'the next deadline has its timer');
});

test('there is never more than one timer, however many events there are', () => {
  const driven = newDriven();
  begin(driven);
  for (let piece = 0; piece < 8; piece++) driven.driver.dispatch(pieceArrives(driven, piece));
  assert.equal(driven.clock.timerCount, 1);
});

test('once it is disposed of nothing is handled, no timer is left and nobody is told', () => {
  const driven = newDriven(({ type }, { driver }) => {
    if (type !== 'hash') return;
    driver.dispatch({ type: 'hashed', download, piece: 0, sha256: new Uint8Array(32) });
    driver[Symbol.dispose]();
  });
  begin(driven);
  assert.equal(driven.clock.timerCount, 1);
  const { settledCount } = driven;
  driven.driver.dispatch(pieceArrives(driven, 0));
  assert.equal(driven.settledCount, settledCount);
  assert.equal(driven.clock.timerCount, 0);
  const { length } = driven.commands;
  assert.ok(!driven.commands.some(({ type }) => type === 'sign'), 'what was in line is not handled');
  driven.driver.dispatch({ type: 'network-changed' });
  assert.equal(driven.commands.length, length);
});
