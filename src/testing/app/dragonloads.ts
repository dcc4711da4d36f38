import type { TestContext } from 'node:test';
import { Dragonload, type DragonloadOptions } from '../../app/dragonload.ts';
import type { TaskEvent } from '../../engine/base/task.ts';
import { homeDirectory } from '../queue/queues.ts';

/** For tests: Dragonload for a user with a home, a new one unless it is given; closed after the test. */
export function opened(t: TestContext, home = homeDirectory(t), options: DragonloadOptions = {}) {
  const events: TaskEvent[] = [];
  const onEvent = (event: TaskEvent) => void events.push(event);
  const all = { directory: home, home, keepAwake: false, allowPrivate: true, onEvent, ...options };
  const dragonload = new Dragonload(all);
  t.after(() => dragonload[Symbol.asyncDispose]());
  const stateOf = (id: number) => dragonload.downloads().row(id).state;
  return { dragonload, events, home, stateOf };
}
