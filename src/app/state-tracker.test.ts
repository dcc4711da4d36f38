import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DragonloadError } from '../core/errors.ts';
import type { DownloadRates, TaskPicture } from '../engine/base/task-picture.ts';
import { coreView, listedDownload, taskPicture } from '../testing/app/listed.ts';
import { ManualClock } from '../testing/app/manual-clock.ts';
import { memberState } from '../testing/cli/states.ts';
import { StateTracker } from './state-tracker.ts';
import type { TaskWay, Trackable } from './tracked-task.ts';

const ME = 'a'.repeat(64);

/** A task that shows what a test says. */
class ScriptedTask implements Trackable {
  now = taskPicture([]);
  rateList: readonly DownloadRates[] = [];
  readonly finished: Promise<readonly []>;

  constructor(finished: Promise<readonly []>) {
    this.finished = finished;
  }

  picture(): TaskPicture {
    return this.now;
  }

  rates(): readonly DownloadRates[] {
    return this.rateList;
  }

  get downloadCount(): number {
    return this.now.downloads.length;
  }
}

/** A tracker on a clock of its own, with one task whose picture and rates a test sets. */
function world(way: TaskWay = 'get') {
  const clock = new ManualClock();
  const tracker = new StateTracker({
    settings: () => ({ limitRate: 4096, concurrent: 5 }),
    clock,
    wallMs: () => 1_000_000 + clock.now(),
  });
  const finished = Promise.withResolvers<readonly []>();
  const task = new ScriptedTask(finished.promise);
  const tracked = tracker.track(way);
  return { clock, tracker, task, tracked, finished };
}

/** What a room with two members looks like. */
function roomOf(task: { now: TaskPicture }): TaskPicture {
  const { isConnected: _, ...member } = memberState();
  return {
    ...task.now,
    room: { id: 'kitchen', invite: 'dragon://x', coordinator: ME, epoch: 2 },
    me: ME,
    members: [
      { ...member, id: ME, isMe: true, connected: false },
      { ...member, id: 'b'.repeat(64), name: 'bob', connected: false },
    ],
  };
}

/** Without fields that are undefined, as JSON has it. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  const known = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(known.map(([name, field]) => [name, withoutUndefined(field)]));
}

test('a download has one number from before its task is there to the end', () => {
  const { tracker, tracked, task } = world();
  assert.deepEqual([tracker.state.downloads.length, tracker.downloadCount], [0, 0]);
  tracked.attach(task);
  const seen = [
    listedDownload({ id: 7 }),
    listedDownload({ id: 7, status: 'running' }),
    listedDownload({ id: 7, status: 'running', download: 'd'.repeat(32), view: coreView() }),
    listedDownload({ id: 7, status: 'paused', download: 'd'.repeat(32), view: coreView() }),
  ].map((listed) => {
    task.now = taskPicture([listed]);
    const [state] = tracker.state.downloads;
    return [state!.id, state!.status];
  });
  assert.deepEqual(seen, [
    [7, 'waiting'],
    [7, 'finding'],
    [7, 'running'],
    [7, 'paused'],
  ]);
  assert.equal(tracker.downloadCount, 1);
});

test('what has not changed is the same object in the next state', () => {
  const { tracker, tracked, task } = world();
  tracked.attach(task);
  const waiting = listedDownload({ id: 1 });
  task.now = taskPicture([waiting, listedDownload({ id: 2, status: 'running', view: coreView() })]);
  const before = tracker.state;
  // The same figures, drawn anew.
  task.now = taskPicture([waiting, listedDownload({ id: 2, status: 'running', view: coreView() })]);
  assert.equal(tracker.state, before);
  const moved = coreView({ heldBytes: 401 });
  task.now = taskPicture([waiting, listedDownload({ id: 2, status: 'running', view: moved })]);
  const after = tracker.state;
  assert.equal(after.version, before.version + 1);
  assert.equal(after.downloads[0], before.downloads[0]);
  assert.equal(after.downloads[1]!.heldBytes, 401);
});

test('a piece that changes hands is a change', () => {
  const { tracker, tracked, task } = world();
  tracked.attach(task);
  const draw = (by: string) => {
    const view = coreView({ pieces: [{ start: 0, end: 4, kind: 'held', by }] });
    task.now = taskPicture([listedDownload({ status: 'running', view })]);
    return tracker.state.version;
  };
  assert.equal(draw('bob'), draw('alice') - 1);
});

test('rates are noted every second, each of its own and all together, while nobody looks', () => {
  const { clock, tracker, tracked, task } = world();
  tracked.attach(task);
  task.now = taskPicture([1, 2].map((id) => listedDownload({ id, status: 'running', view: coreView() })));
  for (let second = 1; second <= 3; second++) {
    task.rateList = [
      { id: 1, originRate: second, lanRate: 0 },
      { id: 2, originRate: 10, lanRate: 5 },
    ];
    clock.advance(1000);
  }
  const { downloads, history } = tracker.state;
  assert.deepEqual(downloads[0]!.history, {
    stepMs: 1000,
    atMs: 1_003_000,
    originRates: [1, 2, 3],
    lanRates: [0, 0, 0],
  });
  assert.deepEqual(
    [history.originRates, history.lanRates],
    [
      [11, 12, 13],
      [5, 5, 5],
    ],
  );
});

test('a subscriber hears within a second of what changed without an event', () => {
  const { clock, tracker, tracked, task } = world();
  tracked.attach(task);
  const heard: number[] = [];
  tracker.store.subscribe(({ downloads }) => heard.push(downloads.length));
  clock.advance(500);
  task.now = taskPicture([listedDownload()]);
  clock.advance(1000);
  assert.deepEqual(heard, [0, 1]);
});

test('a room is there once it is open, and stays when it has been left', async () => {
  const { tracker, tracked, task, finished } = world('join');
  tracked.attach(task);
  assert.equal(tracker.state.rooms.length, 0);
  task.now = roomOf(task);
  const [room] = tracker.state.rooms;
  assert.deepEqual(
    [room!.id, room!.way, room!.invite, room!.status, room!.me, room!.epoch],
    ['kitchen', 'join', 'dragon://x', 'open', ME, 2],
  );
  assert.deepEqual(
    room!.members.map(({ isMe, isConnected }) => [isMe, isConnected]),
    [
      [true, true],
      [false, false],
    ],
  );
  tracked.leaving();
  assert.equal(tracker.state.rooms[0]!.status, 'leaving');
  finished.resolve([]);
  await finished.promise;
  assert.equal(tracker.state.rooms[0]!.status, 'left');
});

test('a room that ends with an error says so, and one that was stopped has been left', async () => {
  for (const [code, status] of [
    ['room-failed', 'failed'],
    ['aborted', 'left'],
  ] as const) {
    const { tracker, tracked, task, finished } = world('host');
    task.now = roomOf(task);
    tracked.attach(task);
    finished.reject(new DragonloadError(code, 'Over.'));
    await new Promise(setImmediate);
    const [room] = tracker.state.rooms;
    assert.deepEqual([room!.status, room!.error?.code], [status, status === 'failed' ? code : undefined]);
  }
});

test('what an earlier run had left is told of the download that it belongs to', () => {
  const { tracker, tracked, task } = world();
  tracked.attach(task);
  const download = 'd'.repeat(32);
  tracker.heard(tracked, { type: 'resumed', download, fileName: 'disc.iso', bytes: 300 });
  task.now = taskPicture([listedDownload({ id: 1, download, view: coreView() }), listedDownload({ id: 2 })]);
  assert.deepEqual(
    tracker.state.downloads.map(({ resumedBytes }) => resumedBytes),
    [300, 0],
  );
});

test('the latest hundred words for the user are kept, with what they are about', () => {
  const { tracker, tracked } = world();
  for (let i = 0; i < 120; i++) tracker.heard(tracked, { type: 'notice', message: `word ${i}` });
  tracker.heard(tracked, { type: 'error', error: new DragonloadError('dns', 'No such host.'), id: 3 });
  const { notices } = tracker.state;
  assert.deepEqual([notices.length, notices[0]!.message], [100, 'word 21']);
  assert.deepEqual(notices.at(-1), { atMs: 1_000_000, message: 'No such host.', download: 3 });
});

test('the hour at which a schedule opens stays the same while the time to it goes by', () => {
  const { clock, tracker, tracked, task } = world();
  tracked.attach(task);
  task.now = taskPicture([listedDownload()], { opensInMs: 60_000 });
  const { version, queue } = tracker.state;
  assert.equal(queue.opensAtMs, 1_060_000);
  clock.advance(500);
  task.now = taskPicture([...task.now.downloads], { opensInMs: 59_499 });
  assert.deepEqual([tracker.state.queue.opensAtMs, tracker.state.version], [1_060_000, version]);
  task.now = taskPicture([...task.now.downloads]);
  assert.equal(tracker.state.queue.opensAtMs, undefined);
});

test('a task that is forgotten is out of the state', () => {
  const { tracker, tracked, task } = world();
  task.now = taskPicture([listedDownload()]);
  tracked.attach(task);
  assert.equal(tracker.state.downloads.length, 1);
  tracker.forget(tracked);
  assert.equal(tracker.state.downloads.length, 0);
});

test('the state is plain data: a clone and JSON say the same', () => {
  const { tracker, tracked, task, clock } = world('host');
  tracked.attach(task);
  const error = new DragonloadError('dns', 'No such host.', { cause: new Error('deep down') });
  task.now = {
    ...roomOf(task),
    downloads: [
      listedDownload({ id: 1, status: 'running', view: coreView() }),
      listedDownload({ id: 2, status: 'failed', error }),
    ],
  };
  task.rateList = [{ id: 1, originRate: 3.3, lanRate: 0 }];
  clock.advance(1000);
  tracker.heard(tracked, { type: 'error', error, id: 2 });
  const { state } = tracker;
  assert.deepEqual(structuredClone(state), state);
  assert.deepEqual(JSON.parse(JSON.stringify(state)), withoutUndefined(state));
});

test('after it is disposed of no timer is left', () => {
  const { clock, tracker } = world();
  tracker.store.subscribe(() => {});
  tracker[Symbol.dispose]();
  assert.equal(clock.timerCount, 0);
});

test('a room tells what it stays for once everything is done there', () => {
  const { tracker, task, tracked } = world('host');
  tracked.attach(task);
  task.now = roomOf({ now: taskPicture([listedDownload({ status: 'running' })]) });
  tracker.heard(tracked, { type: 'waiting', for: 'joiners', leftMs: 600_000 });
  assert.equal(tracker.state.rooms[0]?.waitsFor, undefined);
  task.now = roomOf({ now: taskPicture([listedDownload({ status: 'done' })]) });
  tracker.heard(tracked, { type: 'waiting', for: 'joiners', leftMs: 600_000 });
  assert.equal(tracker.state.rooms[0]?.waitsFor, 'joiners');
});
