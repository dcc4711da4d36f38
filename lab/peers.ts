import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Usage } from './measure.ts';
import type { ServedFile } from './origin.ts';
import { HERE, type Place } from './topology.ts';
import type { Workbench } from './workbench.ts';

export interface PeerRun {
  readonly seconds: number;
  readonly usage: Usage;
}

const COMMANDS = {
  aria2: (url: string, directory: string) => [
    'aria2c',
    '-x4',
    '-s4',
    '--file-allocation=none',
    '--no-conf',
    '-q',
    '--allow-overwrite=true',
    '-d',
    directory,
    '-o',
    'file',
    url,
  ],
  curl: (url: string, directory: string) => ['curl', '-q', '-sS', '-f', '-o', `${directory}/file`, url],
} as const;

export type Peer = keyof typeof COMMANDS;

/** Fetches a file with another program, alone, and checks what it got. The seconds are from its start to its end. */
export async function runPeer(
  bench: Workbench,
  peer: Peer,
  url: string,
  file: ServedFile,
  timeoutMs: number,
  place: Place = HERE,
): Promise<PeerRun> {
  const directory = bench.folder(peer);
  const log = `${peer}.log`;
  const running = bench.start([...place.prefix, ...COMMANDS[peer](url, directory)], { log });
  const exit = await Promise.race([running.exited, sleep(timeoutMs, 'late' as const, { ref: false })]);
  const seconds = (performance.now() - running.startedMs) / 1000;
  if (exit === 'late') running.child.kill('SIGKILL');
  if (exit !== 0) throw new Error(`${peer} ended with ${exit}: ${bench.tail(log)}`);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(`${directory}/file`, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Buffer);
  if (hash.digest('hex') !== file.sha256) throw new Error(`${peer} has a wrong file`);
  return { seconds, usage: running.usage() };
}
