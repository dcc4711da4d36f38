import { openStore } from '../../downloads/edits.ts';
import type { ListCommandText } from '../flags/list-commands.ts';
import { safeText } from '../text/text.ts';
import { rowOf } from './choose.ts';
import type { ListFlags } from './list-flags.ts';

/** Carries out a command about earlier downloads. Resolves to the exit code, undefined for 0. */
export async function carryOut(
  name: ListCommandText['name'],
  args: readonly string[],
  flags: ListFlags,
): Promise<number | undefined> {
  using store = openStore((message) => process.stderr.write(`${safeText(message)}\n`));
  switch (name) {
    case 'ls': {
      const { listUnfinished } = await import('./listing.ts');
      return listUnfinished(store, flags);
    }
    case 'history': {
      const { listFinished } = await import('./listing.ts');
      return listFinished(store, flags);
    }
    case 'resume': {
      const { resume } = await import('./resume.ts');
      return await resume(store, args, flags);
    }
    case 'pause': {
      const { pause } = await import('./control-commands.ts');
      return pause(store, args, flags);
    }
    case 'priority': {
      const { setPriority } = await import('./control-commands.ts');
      return setPriority(store, args);
    }
    case 'limit': {
      const { limit } = await import('./control-commands.ts');
      return limit(store, args);
    }
    case 'refresh': {
      const { refresh } = await import('./refresh.ts');
      const [id = '', url = ''] = args;
      return refresh(store, rowOf(store, id), url);
    }
    case 'rm': {
      const { remove } = await import('./remove.ts');
      return await remove(store, args, flags);
    }
  }
}
