import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import type { ListCommandText } from '../../cli/flags/list-commands.ts';
import type { ListFlags } from '../../cli/flags/list-flags.ts';
import { carryOut } from '../../cli/list/carry-out.ts';
import { openStore, type Store } from '../../downloads/edits.ts';
import { type Captured, captured } from './capture.ts';

/** A list of downloads of its own for each test of a file. */
export interface ListHome {
  readonly home: string;
  /** As another process has it. */
  readonly store: Store;
  /** Puts downloads on the list, one for each name. */
  add(...names: readonly string[]): readonly number[];
}

/** Gives every test of the file that calls it a home; to be called once, at the top. */
export function listHome(): ListHome {
  const earlier = process.env.DRAGONLOAD_HOME;
  let home = '';
  let store: Store;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'dragonload-list-'));
    process.env.DRAGONLOAD_HOME = home;
    store = openStore(() => {});
  });
  afterEach(() => {
    store[Symbol.dispose]();
    if (earlier === undefined) delete process.env.DRAGONLOAD_HOME;
    else process.env.DRAGONLOAD_HOME = earlier;
    rmSync(home, { recursive: true });
  });
  return {
    get home() {
      return home;
    },
    get store() {
      return store;
    },
    add: (...names) =>
      store.add(
        names.map((fileName) => ({
          way: 'get',
          url: `https://example.org/${fileName}`,
          directory: home,
          fileName,
          job: JSON.stringify({ url: `https://example.org/${fileName}`, directory: home }),
        })),
      ),
  };
}

/** Runs a command about the list, and catches what it prints. */
export function run(
  name: ListCommandText['name'],
  args: readonly string[] = [],
  flags: ListFlags = {},
): Promise<Captured<number | undefined>> {
  return captured(() => carryOut(name, args, flags));
}
