import type { Flag } from './flag.ts';
import { parseText } from './text-values.ts';

/** What happens when a download is done, and meanwhile on this machine. */
export const END_FLAGS = [
  {
    group: 'When it is done',
    long: '--on-complete',
    value: 'PROGRAM',
    help: 'run this with the path of each finished file',
    parse: (text: string) => parseText('--on-complete', 'a program', text),
    to: 'task.onComplete',
  },
  {
    group: 'When it is done',
    long: '--notify',
    help: 'tell the desktop when all is over',
    to: 'task.notify',
  },
  {
    group: 'When it is done',
    long: '--no-keep-awake',
    help: 'let the machine fall asleep meanwhile',
    to: 'task.keepAwake',
  },
] as const satisfies readonly Flag[];
