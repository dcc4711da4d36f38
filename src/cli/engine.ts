import type { Task, TaskOptions } from '../member/task.ts';

/** Begins to take part in one of the three ways; `targets` are URLs, or the one invite. */
export type Start = (targets: readonly string[], options: TaskOptions) => Task | Promise<Task>;

/** Loads the engine, which nothing but a download needs. */
export async function loadEngine(way: 'get' | 'host' | 'join'): Promise<Start> {
  const engine = await import('../member/start.ts');
  if (way === 'get') return engine.startGet;
  if (way === 'host') return engine.startHost;
  return ([invite = ''], options) => engine.startJoin(invite, options);
}
