import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Command } from '../../core/contract.ts';
import type { TaskEvent, TaskOptions } from '../../engine/base/task.ts';
import type { NewDownload } from '../../engine/download/new-download.ts';
import { makeOffer } from '../../engine/download/offers.ts';
import { ALONE } from '../../engine/download/piece-exchange.ts';
import { NOBODY } from '../../engine/download/trust.ts';
import { Member } from '../../engine/member/member.ts';
import { checkedFor } from '../contract/round-core.ts';
import { open } from '../origin/opened-sources.ts';
import { homeDirectory } from '../queue/queues.ts';

/** Looks at the file of a URL, which a member may then take on. */
export async function findUrl(url: string): Promise<NewDownload> {
  const origin = open(url);
  const { fileName, ranges, identity, digests } = await origin.probe();
  const offer = makeOffer({ url, fileName, ranges, identity, checksum: undefined, order: 0 });
  return { offer, origin, expected: digests, openBeside: async (beside) => open(beside) };
}

export interface TestMemberOptions {
  /** Default: a new one. */
  readonly home?: string;
  readonly options?: TaskOptions;
  readonly staysFor?: () => unknown;
  readonly execute?: (command: Command) => void;
  /** What closing does beside being written down. */
  readonly close?: () => Promise<void>;
}

/** A member that is alone, in a home of its own, and what has happened to it in order. It is stopped after the test. */
export function newMember(
  t: TestContext,
  { options = {}, staysFor, execute, close, ...given }: TestMemberOptions = {},
) {
  const home = given.home ?? homeDirectory(t);
  const steps: string[] = [];
  const events: TaskEvent[] = [];
  const member = new Member({
    options: {
      directory: home,
      home,
      lookUpDigests: false,
      onEvent: (event) => events.push(event),
      ...options,
    },
    dataDir: join(home, 'data'),
    exchange: ALONE,
    openOrigin: async (url) => open(url),
    execute: execute ?? (() => {}),
    staysFor: staysFor ?? (() => undefined),
    idOf: () => undefined,
    onDone: ({ path }) => steps.push(`done ${path.slice(home.length + 1)}`),
    onFailed: (_, error) => steps.push(`failed ${error.code}`),
    onRecovered: () => steps.push('recovered'),
    close: async () => {
      steps.push('close');
      await close?.();
    },
    onOver: async ({ results, failures }, isBrokenOff) => {
      steps.push(`over ${results.size} ${failures.size}${isBrokenOff ? ' broken off' : ''}`);
    },
  });
  t.after(() => member.stop());
  const { wrap } = checkedFor(t);
  const startCore = () =>
    member.startCore({
      wrap,
      me: NOBODY,
      certificate: new Uint8Array(),
      addresses: [],
      room: undefined,
      seniority: 1,
    });
  /** Takes a download on that was found. */
  const takeOn = async (found: NewDownload): Promise<void> => {
    await member.addDownload(found);
    const { download } = found.offer;
    member.dispatch({ type: 'probe-done', download, canFetch: true });
  };
  /** Finds a URL and takes it on. */
  const add = async (url: string): Promise<void> => takeOn(await findUrl(url));
  return { member, home, steps, events, startCore, add, takeOn };
}
