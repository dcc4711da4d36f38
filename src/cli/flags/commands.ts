/** The ways of downloading. */
export type CommandName = 'get' | 'host' | 'join';

/** A command as it is declared, shown in help and completed by shells. */
export interface CommandText {
  readonly name: CommandName;
  readonly argument: string;
  readonly help: string;
  readonly details: string;
  readonly examples: readonly (readonly [line: string, meaning: string])[];
}

/** The ways of downloading. */
export const COMMANDS: readonly CommandText[] = [
  {
    name: 'get',
    argument: '[url...]',
    help: 'download alone; goes on where it stopped, and verifies',
    details:
      'Downloads each URL. Run the same command again after an interruption: what is here is not fetched twice.',
    examples: [
      ['dragonload get https://example.org/disc.iso', 'into this directory'],
      ['dragonload get -o latest.iso https://example.org/disc-42.iso', 'under another name'],
      ['dragonload get --limit 2M --checksum sha256=HEX https://example.org/disc.iso', 'slowly, and checked'],
      ['dragonload get -i list.txt --concurrent 3 --between 01:00-06:00', 'a list of them, at night'],
      [
        'dragonload get https://a.example/disc.iso --mirror https://b.example/disc.iso',
        'from two places at once',
      ],
      [
        "dragonload get -H 'Authorization: Bearer TOKEN' https://example.org/disc.iso",
        'the header goes to this host and no other',
      ],
      [
        'dragonload get --import disc.iso.part https://example.org/disc.iso',
        'from what a browser or aria2 has left',
      ],
    ],
  },
  {
    name: 'host',
    argument: '<url-or-file...>',
    help: 'open a room here, print its invite, download together',
    details:
      'Downloads each URL together with all who join. Everyone fetches a different part over their own link, and all swap. A file of this machine is shared as it is; so is one of a URL that is here already.',
    examples: [
      ['dragonload host https://example.org/disc.iso', 'prints the line for the others to run'],
      ['dragonload host ./disc.iso', 'shares a file that is here: the others get it from you and each other'],
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
