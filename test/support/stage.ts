import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { KnownFile } from './file.ts';
import type { Harm } from './hostile-member.ts';
import { Member } from './members.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What `npm run build` makes. */
const PROGRAM = join(ROOT, 'dist/dragonload.js');
const HOSTILE = join(import.meta.dirname, 'hostile-member.ts');

export interface MemberOptions {
  /**
   * To the origin at once. Default 1: at an origin with a rate per connection, each member has a link of its own.
   * (`--limit` would not do: what a slow reader leaves in the buffers of the kernel counts as served.)
   */
  readonly connections?: number;
  /** Further arguments. */
  readonly args?: readonly string[];
  /** Further variables of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: a folder that belongs to the name. */
  readonly directory?: string;
  /** Default: true for `host` and `join`. */
  readonly allowPrivate?: boolean;
}

/** A folder of its own for a test, and the members that run in it. At the end of the test all of it goes. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'dragonload-e2e-'));
  readonly #members: Member[] = [];

  constructor(t: TestContext) {
    if (!existsSync(PROGRAM)) execFileSync(process.execPath, ['scripts/build.ts'], { cwd: ROOT });
    t.after(async () => {
      await Promise.all(this.#members.map((member) => member.kill()));
      await rm(this.folder, { recursive: true, force: true });
    });
  }

  get(name: string, url: string, options: MemberOptions = {}): Member {
    return this.start(name, ['get', url], { allowPrivate: false, ...options });
  }

  host(name: string, url: string, options: MemberOptions = {}): Member {
    return this.start(name, ['host', url, '--name', name], options);
  }

  join(name: string, invite: string, options: MemberOptions = {}): Member {
    return this.start(name, ['join', invite, '--name', name, '--yes'], options);
  }

  /** Runs a command line with `--json`. The same name goes on in the same folders. */
  start(name: string, argv: readonly string[], options: MemberOptions = {}): Member {
    const { connections = 1, args = [], allowPrivate = true, directory = this.directory(name) } = options;
    const all = [
      PROGRAM,
      ...argv,
      '--json',
      '--dir',
      directory,
      '--connections',
      String(connections),
      ...args,
    ];
    if (allowPrivate) all.push('--allow-private');
    return this.#start(name, directory, all, { DRAGONLOAD_HOME: this.home(name), ...options.environment });
  }

  /** Runs a command line as it is. The same name goes on in the same folders. */
  run(name: string, argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Member {
    const variables = { DRAGONLOAD_HOME: this.home(name), ...environment };
    return this.#start(name, this.directory(name), [PROGRAM, ...argv], variables);
  }

  /** A member named mallory that joins properly and then does harm. */
  hostile(invite: string, harm: Harm, { content }: KnownFile): Member {
    const { seed, sizeBytes } = content;
    return this.#start('mallory', this.folder, [HOSTILE, invite, harm, seed, String(sizeBytes)], {});
  }

  /** Where a member saves. */
  directory(name: string): string {
    const directory = join(this.folder, name, 'files');
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  /** What a member knows: DRAGONLOAD_HOME. */
  home(name: string): string {
    return join(this.folder, name, 'home');
  }

  #start(
    name: string,
    directory: string,
    argv: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Member {
    const member = new Member(name, directory, argv, environment);
    this.#members.push(member);
    return member;
  }
}
