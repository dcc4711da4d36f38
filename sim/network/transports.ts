import type { Context } from './context.ts';
import type { Origin } from './origin.ts';
import type { Pulls } from './pulls.ts';
import type { Sessions } from './sessions.ts';

/** The ways by which messages and bytes move in a world. */
export interface Transports extends Context {
  readonly sessions: Sessions;
  readonly origin: Origin;
  readonly pulls: Pulls;
}
