import { Dragonload } from '../../app/dragonload.ts';
import type { DownloadCommands } from '../../downloads/download-commands.ts';
import type { ListCommandText } from '../flags/list-commands.ts';
import type { ListFlags } from '../flags/list-flags.ts';
import { safeText } from '../text/text.ts';
import { withAdvice } from './choose.ts';

/** What to do about a download that is finished, where something else is better than to look at the list. */
const FINISHED_ADVICE: Partial<Record<ListCommandText['name'], string>> = {
  refresh: 'To fetch the file again: dragonload get URL',
};

/** Carries out a command about earlier downloads. Resolves to the exit code, undefined for 0. */
export async function carryOut(
  name: ListCommandText['name'],
  args: readonly string[],
  flags: ListFlags,
): Promise<number | undefined> {
  await using dragonload = new Dragonload({
    onEvent: (event) => {
      if (event.type === 'notice') process.stderr.write(`${safeText(event.message)}\n`);
    },
  });
  try {
    return await dispatch(name, dragonload.downloads(), args, flags);
  } catch (thrown) {
    throw withAdvice(thrown, FINISHED_ADVICE[name] ?? 'Run "dragonload ls" to see those that are not.');
  }
}

async function dispatch(
  name: ListCommandText['name'],
  commands: DownloadCommands,
  args: readonly string[],
  flags: ListFlags,
): Promise<number | undefined> {
  switch (name) {
    case 'ls': {
      const { listUnfinished } = await import('./listing.ts');
      return listUnfinished(commands, flags);
    }
    case 'history': {
      const { listFinished } = await import('./listing.ts');
      return listFinished(commands, flags);
    }
    case 'resume': {
      const { resume } = await import('./resume.ts');
      return await resume(commands, args, flags);
    }
    case 'pause': {
      const { pause } = await import('./control-commands.ts');
      return pause(commands, args, flags);
    }
    case 'priority': {
      const { setPriority } = await import('./control-commands.ts');
      return setPriority(commands, args);
    }
    case 'limit': {
      const { limit } = await import('./control-commands.ts');
      return limit(commands, args);
    }
    case 'refresh': {
      const { refresh } = await import('./refresh.ts');
      return refresh(commands, args);
    }
    case 'rm': {
      const { remove } = await import('./remove.ts');
      return await remove(commands, args, flags);
    }
  }
}
