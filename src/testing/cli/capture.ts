/** What a synchronous or asynchronous piece of the command line writes to the process's own streams. */
export interface Captured<T> {
  readonly value: T;
  readonly out: string;
  readonly err: string;
}

/** Runs `work` and keeps what it writes from the terminal. */
export async function captured<T>(work: () => T | Promise<T>): Promise<Captured<T>> {
  const texts = { stdout: '', stderr: '' };
  const originals = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (chunk: string | Uint8Array): boolean => {
      // The test runner reports on stdout, too, and not in text.
      if (typeof chunk !== 'string') return originals[name].call(process[name], chunk);
      texts[name] += chunk;
      return true;
    };
  }
  try {
    return {
      value: await work(),
      get out() {
        return texts.stdout;
      },
      get err() {
        return texts.stderr;
      },
    };
  } finally {
    for (const name of ['stdout', 'stderr'] as const) process[name].write = originals[name];
  }
}
