import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { TaskEvent, TaskOptions } from '../../engine/base/task.ts';
import { DownloadQueue } from '../../engine/queue/download-queue.ts';

/** For tests: a directory that goes with the test, for the files and the state of one user. */
export function homeDirectory(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'dragonload-queue-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** For tests: waits until it is so, without waiting for time to pass. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

/** For tests: a queue in a home of its own, closed after the test, and what it has told. */
export function openQueue(
  t: TestContext,
  home: string,
  options: TaskOptions = {},
  heard: (event: TaskEvent) => void = () => {},
) {
  const events: TaskEvent[] = [];
  const queue = new DownloadQueue(
    { directory: home, home, keepAwake: false, ...options },
    {
      onEvent: (event) => {
        events.push(event);
        heard(event);
      },
      onSettled: () => {},
      onBroken: (error) => {
        throw error;
      },
    },
  );
  t.after(() => queue.close(true));
  return { queue, events };
}
