import type { Job } from '../../lists/job.ts';
import type { CommandName } from '../flags/commands.ts';
import type { Parsed } from '../flags/parsed.ts';
import { jobSettingsOf } from '../flags/settings.ts';
import { isMeantAsFile, localFile } from './host-targets.ts';
import type { Target } from './load-engine.ts';

/** What is to be downloaded or shared: what the command line names and what the list does, with what the flags say of each. */
export async function jobsOf(
  way: CommandName,
  urls: readonly string[],
  parsed: Parsed,
  onNotice: (message: string) => void,
): Promise<readonly Target[]> {
  const settings = jobSettingsOf(way, parsed);
  const isFile = way === 'host' ? isMeantAsFile : () => false;
  const own = urls.map((url): Target => (isFile(url) ? localFile(url, parsed) : { url, ...settings }));
  if (parsed.input === undefined) return own;
  const { readList } = await import('../../lists/read-list.ts');
  const listed = await readList(parsed.input, onNotice);
  return [...own, ...listed.map((job): Job => ({ ...settings, ...job }))];
}
