// A process for tests: the real runner and reporters on a task that follows a script instead of a network.
// Arguments: a scenario, then any of --json, --quiet, --yes.

import { StateTracker } from '../../app/state-tracker.ts';
import { finish } from '../../cli/entry.ts';
import type { BegunEngine } from '../../cli/run/load-engine.ts';
import { runWith } from '../../cli/run/run.ts';
import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import type { Offer } from '../../core/messages.ts';
import type { Result } from '../../core/result.ts';
import type { PieceRun, View } from '../../core/view.ts';
import type { Task, TaskEvent, TaskOptions } from '../../engine/base/task.ts';
import { roomPicture, roomRates } from '../../engine/room/room-picture.ts';
import { roomView } from './views.ts';

const [scenario = 'done', ...flags] = process.argv.slice(2);
const SIZE = 1000 * 1024 * 1024;
const LINK = `dragon://join/v1/kitchen?h=192.168.1.23:41234&h=10.0.0.5:41234&v=${'ab'.repeat(32)}#k=AAAAAAAAAAAAAAAAAAAAAA`;

const OFFER: Offer = {
  type: 'offer',
  download: 'd'.repeat(32),
  url: 'https://user:pass@example.org/disc.iso?token=secret',
  fileName: 'disc\x1b[31m.iso',
  pieceBytes: 1 << 20,
  ranges: true,
  identity: { sizeBytes: SIZE, etag: undefined, lastModified: undefined },
  checksum: undefined,
  order: 0,
};

function result(): Result {
  return {
    download: OFFER.download,
    url: 'https://example.org/disc.iso',
    path: '/tmp/disc.iso',
    sizeBytes: SIZE,
    sha256: 'ab'.repeat(32),
    trust: { kind: 'room-consistent', auditedShare: 0.129 },
    seconds: 80.4,
    originBytes: SIZE * 0.35,
    lanBytes: SIZE * 0.65,
    aloneSeconds: 232,
  };
}

function start(options: TaskOptions): Task {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Result[]>();
  const startedMs = performance.now();
  const done = (): void => {
    options.onEvent?.({ type: 'done', result: result() });
    resolve([result()]);
  };
  const share = (): number =>
    Math.min(1, (performance.now() - startedMs) / Number(process.env.SCRIPT_MS ?? 20_000));
  const stop = async (): Promise<void> => {
    if (scenario === 'stuck') return new Promise(() => {});
    // Into a terminal it would write under the display.
    if (!process.stderr.isTTY) process.stderr.write('(state saved)\n');
    reject(new DragonloadError('aborted', 'The download was stopped.'));
  };
  queueMicrotask(async () => {
    if (scenario !== 'crash') options.onEvent?.({ type: 'invite', link: LINK });
    if (scenario === 'done') done();
    if (scenario === 'crash') throw new Error('a mistake');
    if (scenario === 'fail') {
      const error = new DragonloadError('origin-missing', 'The origin has no such file (404).', {
        hint: advice('Check the URL.'),
      });
      options.onEvent?.({ type: 'error', error });
      reject(error);
    }
    if (scenario === 'offer' && (await options.consent?.(OFFER))) done();
    if (scenario === 'watch') {
      setTimeout(
        () => options.onEvent?.({ type: 'member', change: 'joined', id: '1', name: 'bob \x1b[2J' }),
        1000,
      );
      setTimeout(done, Number(process.env.SCRIPT_MS ?? 20_000));
    }
  });
  // Something must keep the process, as sockets do.
  const keep = setInterval(() => {}, 1000);
  promise.catch(() => {}).finally(() => clearInterval(keep));
  const view = (): View =>
    roomView(['alice', 'bob', '\u5f20\u4f1f\u7684\u7535\u8111', 'carol-with-a-very-long-host-name.example'], {
      heldBytes: SIZE * share(),
      leftMs: (1 - share()) * 20_000,
      pieces: pieces(share()),
    });
  const facts = { id: 1, path: undefined, result: undefined, error: undefined, endedAtMs: undefined };
  return {
    view,
    picture: () => roomPicture(view(), () => facts),
    rates: () => roomRates(view(), () => facts.id),
    downloadCount: 1,
    finished: promise,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The task with the state that a face draws. */
function begin(_targets: readonly unknown[], options: TaskOptions): BegunEngine {
  const tracker = new StateTracker({ settings: () => ({ limitRate: undefined, concurrent: 1 }) });
  const tracked = tracker.track('host');
  const onEvent = (event: TaskEvent): void => {
    tracker.heard(tracked, event);
    options.onEvent?.(event);
  };
  const task = start({ ...options, onEvent });
  tracked.attach(task);
  return {
    get state() {
      return tracker.state;
    },
    downloadCount: 1,
    finished: task.finished,
    [Symbol.asyncDispose]: () => task.stop(),
  };
}

/** A thousand pieces of which about so many are there, as if they came in no order. */
function pieces(share: number): readonly PieceRun[] {
  return Array.from({ length: 1000 }, (_, piece) => {
    const noise = ((piece * 7919) % 97) / 97;
    const kind = noise < share ? 'held' : noise < share + 0.08 ? 'active' : 'peer';
    return noise < share + 0.4 ? [{ start: piece, end: piece + 1, kind, by: undefined } as const] : [];
  }).flat();
}

const has = (flag: string): boolean => flags.includes(flag);
const settings = { options: {}, json: has('--json'), quiet: has('--quiet'), yes: has('--yes') };
process.stderr.write('(ready)\n');
await finish(
  runWith(async () => begin, [], settings),
  process.argv,
);
