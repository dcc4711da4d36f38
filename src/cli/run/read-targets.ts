import { resolve } from 'node:path';
import type { Job } from '../../lists/job.ts';
import type { CommandName } from '../flags/commands.ts';
import type { Parsed } from '../flags/settings.ts';
import type { Target } from './load-engine.ts';

/** What is to be downloaded: the URLs of the command line and those of the list, with what the flags say of each. */
export async function jobsOf(
  way: CommandName,
  urls: readonly string[],
  parsed: Parsed,
  onNotice: (message: string) => void,
): Promise<readonly Target[]> {
  const own = urls.map((url): Job => ({ url, ...forAll(parsed), ...forOne(way, parsed) }));
  if (parsed.input === undefined) return own;
  const { readList } = await import('../../lists/read-list.ts');
  const listed = await readList(parsed.input, onNotice);
  return [...own, ...listed.map((job): Job => ({ ...forAll(parsed), ...job }))];
}

function forAll({ priority, limitEach }: Parsed): Partial<Job> {
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(limitEach === undefined ? {} : { limitRate: limitEach }),
  };
}

function forOne(way: CommandName, { mirror, import: leftover, output, checksum }: Parsed): Partial<Job> {
  return {
    ...(mirror === undefined ? {} : { mirrors: mirror }),
    ...(leftover === undefined ? {} : { leftover: resolve(leftover) }),
    ...(way !== 'get' || output === undefined ? {} : { output }),
    ...(way !== 'get' || checksum === undefined ? {} : { checksums: [{ checksum, by: '--checksum' }] }),
  };
}
