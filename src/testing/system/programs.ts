import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

/** A directory that is alone on PATH, but for the tools of the system, until the test has ended. */
export async function pathOfOwn(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'dragonload-system-'));
  const before = process.env.PATH;
  process.env.PATH = `${directory}:/usr/bin:/bin`;
  t.after(async () => {
    process.env.PATH = before;
    await rm(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Puts a shell script there as a program of that name. */
export async function putProgram(directory: string, name: string, script: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** A named pipe: what other processes write into it, and its end when the last that has it open is gone. */
export interface Witness {
  readonly file: string;
  /** The next line; undefined at the end. */
  line(): Promise<string | undefined>;
}

export function witness(directory: string, name = 'witness'): Witness {
  const file = join(directory, name);
  execFileSync('mkfifo', [file]);
  const lines = createInterface({ input: createReadStream(file) })[Symbol.asyncIterator]();
  return {
    file,
    async line() {
      const { value, done } = await lines.next();
      return done ? undefined : value;
    },
  };
}

/**
 * Runs lines of JavaScript in a process of its own, whose stdin never ends, and in which `from(NAME)` imports a file of
 * `src/system/`.
 */
export function inProcess(t: TestContext, code: string): ChildProcess {
  const from = `const from = (name) => import(new URL(name, ${JSON.stringify(new URL('../../system/', import.meta.url).href)}).href);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', `${from}\n${code}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}
