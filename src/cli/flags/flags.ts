import type { CommandName } from './commands.ts';

/** Headings under which flags stand in help. */
export type FlagGroup = 'Options' | 'Room' | 'Queue' | 'Requests' | 'When it is done';

/** A flag as it is declared, shown in help and completed by shells. */
export interface Flag {
  readonly short?: string;
  readonly long: string;
  /** Name of the value in help; flags without one are switches. */
  readonly value?: string;
  /** The value may be left out. */
  readonly optional?: boolean;
  readonly help: string;
  /** What shells offer for the value. */
  readonly completes?: 'directory' | 'file';
  readonly group?: FlagGroup;
  /** The commands that take it. Default: every way of downloading. */
  readonly only?: readonly CommandName[];
  /** Commands that take it for the sake of scripts, and do nothing with it: not in their help. */
  readonly idleIn?: readonly CommandName[];
}

const GET = ['get'] as const;

/** Flags that hold for one URL, or for the way in which downloads were found: those begun before have theirs. */
const NOT_AGAIN: readonly string[] = [
  '--dir',
  '--output',
  '--checksum',
  '--mirror',
  '--name',
  '--port',
  '--yes',
  '--allow-private',
  '--stay',
  '--input',
  '--limit-each',
  '--priority',
  '--category',
  '--import',
];

/** What ways of downloading take. */
export const FLAGS: readonly Flag[] = [
  {
    short: '-d',
    long: '--dir',
    value: 'DIR',
    help: 'save into this directory (default: here)',
    completes: 'directory',
  },
  {
    short: '-o',
    long: '--output',
    value: 'FILE',
    help: 'save a single download under this name',
    completes: 'file',
  },
  { long: '--checksum', value: 'ALG=HEX', help: 'expected digest: sha256, sha512, sha1 or md5' },
  {
    long: '--limit',
    value: 'RATE',
    help: 'fetch at most this many bytes per second: 500k, 10M, 1.5MiB/s, 80Mbit',
  },
  { long: '--quota', value: 'SIZE', help: 'stop, with all kept, after fetching this much: 700M, 2G' },
  { long: '--connections', value: 'N', help: 'connections to the origin at once, 1 to 16 (default: 4)' },
  {
    long: '--mirror',
    value: 'URL',
    help: 'another address of the same file; may be repeated',
    only: ['get', 'host'],
  },
  { long: '--no-lookup', help: 'do not look for SHA256SUMS and the like beside the file' },
  { long: '--json', help: 'one JSON object a line on stdout, for scripts' },
  { long: '--quiet', help: 'errors only' },

  {
    group: 'Room',
    long: '--name',
    value: 'NAME',
    help: 'how the others in the room see you (default: the host name)',
    idleIn: GET,
  },
  {
    group: 'Room',
    long: '--port',
    value: 'N',
    help: 'TCP port for the room (default: any free one)',
    idleIn: GET,
  },
  { group: 'Room', long: '--yes', help: 'accept what the room offers without asking', idleIn: GET },
  { group: 'Room', long: '--stay', help: 'keep serving the room until stopped', idleIn: GET },

  {
    group: 'Queue',
    short: '-i',
    long: '--input',
    value: 'FILE',
    help: 'read URLs from a list or a Metalink file; - is stdin',
    completes: 'file',
    only: GET,
  },
  { group: 'Queue', long: '--concurrent', value: 'N', help: 'downloads at once (default: 5)', only: GET },
  {
    group: 'Queue',
    long: '--per-host',
    value: 'N',
    help: 'downloads at once from one host (default: no limit of its own)',
    only: GET,
  },
  {
    group: 'Queue',
    long: '--limit-each',
    value: 'RATE',
    help: 'fetch at most this fast for each download',
    only: GET,
  },
  {
    group: 'Queue',
    long: '--retries',
    value: 'N',
    help: 'try failed downloads again so many times (default: 3)',
    only: GET,
  },
  {
    group: 'Queue',
    long: '--priority',
    value: 'N',
    help: 'start before those with a lower one, -1000 to 1000 (default: 0)',
    only: GET,
  },
  {
    group: 'Queue',
    long: '--category',
    value: 'GLOB=DIR',
    help: "put files whose name fits into DIR: '*.iso=discs'; may be repeated",
    only: GET,
  },
  {
    group: 'Queue',
    long: '--import',
    value: 'FILE',
    help: 'go on from what another program left: a partial file, or one with its .aria2',
    completes: 'file',
    only: GET,
  },
  { group: 'Queue', long: '--at', value: 'HH:MM', help: 'start at this time of day', only: GET },
  {
    group: 'Queue',
    long: '--between',
    value: 'HH:MM-HH:MM',
    help: 'work only between these times of day',
    only: GET,
  },

  {
    group: 'Requests',
    short: '-H',
    long: '--header',
    value: 'HEADER',
    help: "extra request header, 'Name: value'; may be repeated",
  },
  {
    group: 'Requests',
    long: '--user-agent',
    value: 'TEXT',
    help: 'User-Agent to send (default: dragonload)',
  },
  { group: 'Requests', long: '--referer', value: 'URL', help: 'Referer to send' },
  {
    group: 'Requests',
    long: '--cookies',
    value: 'FILE',
    help: 'cookies from a Netscape cookie file',
    completes: 'file',
  },
  {
    group: 'Requests',
    long: '--netrc',
    value: 'FILE',
    optional: true,
    help: 'user and password from a netrc file (default: ~/.netrc)',
    completes: 'file',
  },
  {
    group: 'Requests',
    long: '--proxy',
    value: 'URL',
    help: "http://, https:// or socks5:// proxy; '' for none (default: the environment's)",
  },
  { group: 'Requests', long: '--noproxy', value: 'HOSTS', help: 'hosts to reach without the proxy' },
  { group: 'Requests', long: '--ca', value: 'FILE', help: 'trust these certificates too', completes: 'file' },
  { group: 'Requests', long: '--cert', value: 'FILE', help: 'client certificate (PEM)', completes: 'file' },
  { group: 'Requests', long: '--key', value: 'FILE', help: 'its private key (PEM)', completes: 'file' },
  { group: 'Requests', long: '--insecure', help: 'do not check certificates of origins' },
  {
    group: 'Requests',
    long: '--interface',
    value: 'NAME',
    help: 'connect from this interface or local address',
  },
  { group: 'Requests', short: '-4', long: '--ipv4', help: 'use IPv4 only' },
  { group: 'Requests', short: '-6', long: '--ipv6', help: 'use IPv6 only' },
  {
    group: 'Requests',
    long: '--allow-private',
    help: 'let others name URLs at private or loopback addresses',
  },

  {
    group: 'When it is done',
    long: '--on-complete',
    value: 'PROGRAM',
    help: 'run this with the path of each finished file',
  },
  { group: 'When it is done', long: '--notify', help: 'tell the desktop when all is over' },
  { group: 'When it is done', long: '--no-keep-awake', help: 'let the machine fall asleep meanwhile' },
];

/** The flags that a command takes. */
export function flagsOf(command: CommandName): readonly Flag[] {
  return FLAGS.filter(({ only }) => only === undefined || only.includes(command));
}

/** The flags of `get` that can be given anew when downloads go on. */
export function flagsAgain(): readonly Flag[] {
  return flagsOf('get').filter(({ long }) => !NOT_AGAIN.includes(long));
}
