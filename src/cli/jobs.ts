import type { Job } from '../member/job.ts';
import type { Target } from './engine.ts';
import type { Parsed } from './settings.ts';

/** What `get` is to download: the URLs of the command line and those of the list, with what the flags say of each. */
export async function jobsOf(
  urls: readonly string[],
  parsed: Parsed,
  onNotice: (message: string) => void,
): Promise<readonly Target[]> {
  const own = urls.map((url): Job => ({ url, ...forAll(parsed), ...forOne(parsed) }));
  if (parsed.input === undefined) return own;
  const { readList } = await import('../member/lists/read-list.ts');
  const listed = await readList(parsed.input, onNotice);
  return [...own, ...listed.map((job): Job => ({ ...forAll(parsed), ...job }))];
}

function forAll({ priority, limitEach }: Parsed): Partial<Job> {
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(limitEach === undefined ? {} : { limitRate: limitEach }),
  };
}

function forOne({ mirror, import: leftover }: Parsed): Partial<Job> {
  return {
    ...(mirror === undefined ? {} : { mirrors: mirror }),
    ...(leftover === undefined ? {} : { leftover }),
  };
}
