import type { Flag } from './flag.ts';
import { list } from './flag.ts';
import { checkUrl } from './links.ts';
import { parseRate, parseSize } from './rate.ts';
import { parseOutput, parseText } from './text-values.ts';
import { parseChecksum, parseConnections } from './values.ts';

/** What is downloaded, where it goes and how fast. */
export const GENERAL_FLAGS = [
  {
    short: '-d',
    long: '--dir',
    value: 'DIR',
    help: 'save into this directory (default: here)',
    completes: 'directory',
    isOnce: true,
    parse: (text: string) => parseText('--dir', 'a directory', text),
    to: 'task.directory',
  },
  {
    short: '-o',
    long: '--output',
    value: 'FILE',
    help: 'save a single download under this name',
    completes: 'file',
    isOnce: true,
    parse: parseOutput,
    to: 'job.output',
    joinTo: 'task.output',
    single: 'Use --dir to choose where several files go',
  },
  {
    long: '--checksum',
    value: 'ALG=HEX',
    help: 'expected digest: sha256, sha512, sha1 or md5',
    isOnce: true,
    parse: parseChecksum,
    to: 'job.checksums',
    joinTo: 'task.checksum',
    single: 'Write the checksum of each file under its line of a list, as checksum=ALG=HEX',
  },
  {
    long: '--limit',
    value: 'RATE',
    help: 'fetch at most this many bytes per second: 500k, 10M, 1.5MiB/s, 80Mbit',
    parse: (text: string) => parseRate(text),
    to: 'task.limitRate',
  },
  {
    long: '--quota',
    value: 'SIZE',
    help: 'stop, with all kept, after fetching this much: 700M, 2G',
    parse: (text: string) => parseSize(text),
    to: 'task.quotaBytes',
  },
  {
    long: '--connections',
    value: 'N',
    help: 'connections to the origin at once, 1 to 16 (default: 4)',
    parse: parseConnections,
    to: 'task.connections',
  },
  {
    long: '--mirror',
    value: 'URL',
    help: 'another address of the same file; may be repeated',
    only: ['get', 'host'],
    isOnce: true,
    parse: list(checkUrl),
    to: 'job.mirrors',
    single: 'Write the mirrors of each file on its line of a list, after tabs',
  },
  {
    long: '--no-lookup',
    help: 'do not look for SHA256SUMS and the like beside the file',
    to: 'task.lookUpDigests',
  },
  { long: '--json', help: 'one JSON object a line on stdout, for scripts', to: 'run.json' },
  { long: '--quiet', help: 'errors only', to: 'run.quiet' },
] as const satisfies readonly Flag[];
