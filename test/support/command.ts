import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { inherited, PATIENCE_MS } from './members.ts';
import type { Stage } from './stage.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/dragonload.js');

/** What a command that ended said. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command about the downloads of a member, such as `ls`, to its end. */
export function command(stage: Stage, name: string, ...argv: readonly string[]): Promise<Said> {
  const env = { ...inherited(), DRAGONLOAD_HOME: stage.home(name) };
  return new Promise((resolve) => {
    const options = { env, timeout: PATIENCE_MS, killSignal: 'SIGKILL' } as const;
    execFile(process.execPath, [PROGRAM, ...argv], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}
