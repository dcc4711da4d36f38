import { createHash } from 'node:crypto';
import { createReadStream, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { reapedCpuSeconds, SHORT_SAMPLE_MS, type Usage } from '../machine/measure.ts';
import type { Workbench } from '../machine/workbench.ts';
import { HERE, type Place } from '../network/topology.ts';
import { PROGRAM } from './members.ts';
import type { ServedFile } from './origin.ts';

/** What a program took: from its start to its end, its CPU time to the end, its largest resident set. */
export interface PeerRun {
  readonly seconds: number;
  readonly usage: Usage;
}

/** What is to be fetched: one file, or all of a list. */
interface Errand {
  readonly urls: readonly string[];
  /** A file with a URL on each line. */
  readonly list: string;
  /** Where to: empty. */
  readonly directory: string;
}

const ARIA2 = ['aria2c', '--file-allocation=none', '--no-conf', '-q', '--allow-overwrite=true'];
const CURL = ['curl', '-q', '-sS', '-f', '--remote-name-all'];
/** How many at once Dragonload and aria2 fetch of a list when nothing is said; curl has to be told. */
const USUAL_AT_ONCE = '5';

/** Each as its users call it. */
const COMMANDS = {
  dragonload: ({ urls, list, directory }: Errand) => [
    process.execPath,
    PROGRAM,
    'get',
    ...(urls.length === 1 ? urls : ['-i', list]),
    '--quiet',
    '--dir',
    directory,
  ],
  aria2: ({ urls, list, directory }: Errand) => [
    ...ARIA2,
    ...(urls.length === 1 ? ['-x4', '-s4', ...urls] : ['-i', list]),
    '-d',
    directory,
  ],
  'aria2 -x8': ({ urls, directory }: Errand) => [...ARIA2, '-x8', '-s8', '-k1M', '-d', directory, ...urls],
  curl: ({ urls, directory }: Errand) => [...CURL, '--output-dir', directory, ...urls],
  'curl --parallel': ({ urls, directory }: Errand) => [
    ...CURL,
    '--parallel',
    '--parallel-max',
    USUAL_AT_ONCE,
    '--output-dir',
    directory,
    ...urls,
  ],
} as const;

export type Peer = keyof typeof COMMANDS;

export interface PeerOptions {
  readonly place?: Place;
  readonly timeoutMs: number;
  /** Further arguments. */
  readonly args?: readonly string[];
}

/** A file, and where it is had from. */
export interface Wanted {
  readonly url: string;
  readonly file: ServedFile;
}

/** A program was stopped because it took too long. */
export class TooSlow extends Error {}

/**
 * Fetches files with a program in a folder and a home of their own, checks each, and takes all away again. What they are
 * called is the end of their URL. Throws `TooSlow`, and for a wrong or missing file.
 */
export async function runPeer(
  bench: Workbench,
  peer: Peer,
  files: readonly Wanted[],
  { place = HERE, timeoutMs, args = [] }: PeerOptions,
): Promise<PeerRun> {
  const folder = peer.replaceAll(' ', '');
  const directory = bench.folder(folder, 'files');
  const list = bench.path(folder, 'list.txt');
  const log = `${folder}.log`;
  const urls = files.map(({ url }) => url);
  writeFileSync(list, `${urls.join('\n')}\n`);
  const reapedBefore = reapedCpuSeconds();
  const running = bench.start([...place.prefix, ...COMMANDS[peer]({ urls, list, directory }), ...args], {
    log,
    sampleMs: SHORT_SAMPLE_MS,
    environment: { DRAGONLOAD_HOME: bench.folder(folder, 'home') },
  });
  const exit = await Promise.race([running.exited, sleep(timeoutMs, 'late' as const, { ref: false })]);
  const seconds = (performance.now() - running.startedMs) / 1000;
  if (exit === 'late') {
    running.child.kill('SIGKILL');
    await running.exited;
    throw new TooSlow(`${peer} took more than ${timeoutMs / 1000} s`);
  }
  if (exit !== 0) throw new Error(`${peer} ended with ${exit}: ${bench.tail(log)}`);
  const usage = { ...running.usage(), cpuSeconds: reapedCpuSeconds() - reapedBefore };
  for (const { file } of files) {
    if ((await sha256Of(`${directory}/${file.name}`)) !== file.sha256)
      throw new Error(`${peer} HAS A WRONG FILE: ${file.name}`);
  }
  rmSync(bench.path(folder), { recursive: true });
  return { seconds, usage };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
