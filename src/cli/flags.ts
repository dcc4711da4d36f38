/** A flag as it is declared, shown in help and completed by shells. */
export interface Flag {
  readonly short?: string;
  readonly long: string;
  /** Name of the value in help; flags without one are switches. */
  readonly value?: string;
  readonly help: string;
  /** What shells offer for the value. */
  readonly completes?: 'directory' | 'file';
}

/** What every way of downloading takes. */
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
  { long: '--name', value: 'NAME', help: 'how the others in the room see you (default: the host name)' },
  { long: '--json', help: 'one JSON object a line on stdout, for scripts' },
  { long: '--quiet', help: 'errors only' },
  { long: '--port', value: 'N', help: 'TCP port for the room (default: any free one)' },
  {
    long: '--limit',
    value: 'RATE',
    help: 'fetch at most this many bytes per second: 500k, 10M, 1.5MiB/s, 80Mbit',
  },
  { long: '--connections', value: 'N', help: 'connections to the origin at once, 1 to 16 (default: 4)' },
  { long: '--checksum', value: 'ALG=HEX', help: 'expected digest: sha256, sha512, sha1 or md5' },
  {
    short: '-H',
    long: '--header',
    value: 'HEADER',
    help: "extra request header, 'Name: value'; may be repeated",
  },
  { long: '--yes', help: 'accept what the room offers without asking' },
  { long: '--allow-private', help: 'let the room name URLs at private or loopback addresses' },
  { long: '--stay', help: 'keep serving the room until stopped' },
];

/** A command as it is declared, shown in help and completed by shells. */
export interface CommandText {
  readonly name: 'get' | 'host' | 'join';
  readonly argument: string;
  readonly help: string;
  readonly details: string;
  readonly examples: readonly (readonly [line: string, meaning: string])[];
}

/** The ways of downloading. */
export const COMMANDS: readonly CommandText[] = [
  {
    name: 'get',
    argument: '<url...>',
    help: 'download alone; goes on where it stopped, and verifies',
    details:
      'Downloads each URL. Run the same command again after an interruption: what is here is not fetched twice.',
    examples: [
      ['dragonload get https://example.org/disc.iso', 'into this directory'],
      ['dragonload get -o latest.iso https://example.org/disc-42.iso', 'under another name'],
      ['dragonload get --limit 2M --checksum sha256=HEX https://example.org/disc.iso', 'slowly, and checked'],
    ],
  },
  {
    name: 'host',
    argument: '<url...>',
    help: 'open a room here, print its invite, download together',
    details:
      'Downloads each URL together with all who join. Everyone fetches a different part over their own link, and all swap.',
    examples: [
      ['dragonload host https://example.org/disc.iso', 'prints the line for the others to run'],
      ['dragonload host --name alice --stay https://example.org/disc.iso', 'and serves until stopped'],
      ['dragonload host --port 7700 --json https://example.org/disc.iso', 'for a script, on a fixed port'],
    ],
  },
  {
    name: 'join',
    argument: '<invite>',
    help: 'join a room and download together',
    details:
      'Takes part in the download of a room. Asks before it takes on what the room offers; without a terminal it needs --yes.',
    examples: [
      ["dragonload join 'dragon://join/v1/ROOM?h=...#k=...'", 'asks, then joins'],
      ["dragonload join --yes -d ~/Downloads 'dragon://join/v1/ROOM?h=...#k=...'", 'without asking'],
    ],
  },
];
