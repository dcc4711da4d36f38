import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Command, Event } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import { CoreDriver } from '../../engine/base/core-driver.ts';
import { Origins } from '../../engine/base/origins.ts';
import type { TaskEvent } from '../../engine/base/task.ts';
import { DownloadSession } from '../../engine/download/download-session.ts';
import type { FinishedFile } from '../../engine/download/member-download.ts';
import type { NewDownload } from '../../engine/download/new-download.ts';
import { makeOffer } from '../../engine/download/offers.ts';
import { ALONE } from '../../engine/download/piece-exchange.ts';
import { NOBODY } from '../../engine/download/trust.ts';
import { RateLimiter } from '../../origin/limits/rate-limit.ts';
import { checkedFor } from '../contract/round-core.ts';
import { Heard } from './heard.ts';

/** The way to origins for one test, closed after it. */
export function openOrigins(t: TestContext): Origins {
  const origins = new Origins({
    request: undefined,
    allowPrivate: true,
    meter: new RateLimiter(undefined),
    onNotice: () => {},
  });
  t.after(() => origins[Symbol.dispose]());
  return origins;
}

/** Looks at a file at its origin, as whoever is about to download it. */
export async function foundAt(
  origins: Origins,
  url: string,
  changes: Partial<Omit<NewDownload, 'offer' | 'origin'>> = {},
): Promise<NewDownload> {
  const origin = await origins.open(url, { trusted: true });
  const { fileName, ranges, identity } = await origin.probe();
  return {
    offer: makeOffer({ url, fileName, ranges, identity, checksum: undefined, order: 0 }),
    origin,
    expected: [],
    openBeside: (beside, trusted) => origins.open(beside, { trusted }),
    ...changes,
  };
}

export interface SessionChanges extends Partial<Omit<NewDownload, 'offer' | 'origin'>> {
  readonly lookUpDigests?: boolean;
  /** For the journal. Default: beside the file. */
  readonly dataDir?: string;
}

/** For tests: a download alone, run by a real core, from a real origin into `directory`. Closed after the test. */
export async function openSession(
  t: TestContext,
  directory: string,
  url: string,
  { lookUpDigests = false, dataDir = join(directory, 'data'), ...changes }: SessionChanges = {},
) {
  const origins = openOrigins(t);
  const added = await foundAt(origins, url, changes);
  const { download } = added.offer;
  const [commands, events, told] = [new Heard<Command>(), new Heard<Event>(), new Heard<TaskEvent>()];
  const failures = new Heard<DragonloadError>();
  const files = new Heard<FinishedFile>();
  const session = await DownloadSession.open(added, {
    options: { directory, lookUpDigests, connections: 1 },
    dataDir,
    exchange: ALONE,
    openOrigin: (further, trusted) => origins.open(further, { trusted }),
    dispatch: (event) => {
      events.add(event);
      driver.dispatch(event);
    },
    emit: (event) => told.add(event),
    signal: new AbortController().signal,
  });
  t.after(() => session[Symbol.asyncDispose]());
  const execute = (command: Command): void => {
    commands.add(command);
    if (command.type === 'finish') void session.finish().then((file) => file && files.add(file));
    else if (command.type === 'failed') failures.add(DragonloadError.from(command.reason));
    else session.execute(command);
  };
  const { log, wrap, broken } = checkedFor(t, (_, piece) => session.part.held.includes(piece));
  const driver: CoreDriver = new CoreDriver({
    wrap,
    me: NOBODY,
    name: 'alice',
    certificate: new Uint8Array(),
    addresses: [],
    room: undefined,
    seniority: 1,
    execute,
    settled: () => {},
    // Whoever waits for the end of the download hears of it, too.
    broken: (thrown) => {
      broken(thrown);
      failures.add(DragonloadError.from(thrown));
    },
  });
  t.after(() => driver[Symbol.dispose]());
  return {
    session,
    /** What went in and out of the core, in order; it has kept the contract. */
    log,
    driver,
    download,
    commands,
    events,
    told,
    failures,
    files,
    /** Tells the core of it. What is fetched follows. */
    start(): void {
      driver.add(session.announcement());
      session.addSources(changes.mirrors ?? []);
      driver.dispatch({ type: 'probe-done', download, canFetch: true });
    },
    /** So many pieces are in the journal. */
    kept: (count: number) =>
      events.until(() => events.all.filter(({ type }) => type === 'kept').length >= count),
  };
}
