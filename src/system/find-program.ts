import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { posix, resolve, win32 } from 'node:path';

/** The result of looking for a program. */
export type FoundProgram =
  | { readonly kind: 'found'; readonly file: string }
  /** A .cmd or .bat file: only a shell can run it, and no quoting makes its arguments safe. */
  | { readonly kind: 'batch'; readonly file: string }
  | { readonly kind: 'missing' };

/** Used where PATH is not set. */
const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin';
/** Windows ignores dots and spaces at the end of a name. */
const BATCH = /\.(?:cmd|bat)[. ]*$/i;
const RUNNABLE = /\.(?:exe|com)$/i;

/**
 * The files that `program` may stand for, best first. With a separator in it, it is a path; without, a name to be found
 * on PATH. Relative parts of PATH, and on Windows the current directory, are left out, so that a download cannot take
 * the place of a program.
 */
export function programCandidates(
  program: string,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
): readonly string[] {
  if (program === '' || program.includes('\0')) return [];
  if (platform !== 'win32') {
    if (program.includes('/')) return [program];
    return directories(env.PATH ?? USUAL_PATH, posix).map((path) => posix.join(path, program));
  }
  const names =
    RUNNABLE.test(program) || BATCH.test(program)
      ? [program]
      : ['.exe', '.com', '.cmd', '.bat'].map((ending) => program + ending);
  if (/[\\/:]/.test(program)) return names;
  const path = env.PATH ?? env.Path ?? '';
  return directories(path, win32).flatMap((place) => names.map((name) => win32.join(place, name)));
}

function directories(path: string, { delimiter, isAbsolute }: typeof posix): readonly string[] {
  return path.split(delimiter).filter((directory) => isAbsolute(directory));
}

/** Finds the program that `program`, a path or a name on PATH, stands for. Runs nothing, and never throws. */
export async function findProgram(program: string, env: NodeJS.ProcessEnv): Promise<FoundProgram> {
  for (const candidate of programCandidates(program, env, process.platform)) {
    if (!(await isRunnable(candidate))) continue;
    const file = resolve(candidate);
    return { kind: process.platform === 'win32' && BATCH.test(file) ? 'batch' : 'found', file };
  }
  return { kind: 'missing' };
}

async function isRunnable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
