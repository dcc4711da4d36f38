import { parentPort } from 'node:worker_threads';
import { HashEngine } from './hash-engine.ts';
import type { HashReply, HashRequest } from './hash-messages.ts';

/** From the main thread, beside the engine's requests: the memory of a block, sent once before its first use. */
export interface BlockMemory {
  readonly type: 'memory';
  readonly block: number;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

const blocks = new Map<number, Uint8Array>();
let replies: HashReply[] = [];
let isScheduled = false;

const engine = new HashEngine(
  (index) => blocks.get(index) ?? new Uint8Array(),
  (reply) => replies.push(reply),
);

/** Runs after the messages that have arrived: answers them with one message, then works while there is work. */
function turn(): void {
  isScheduled = false;
  const isBusy = engine.step();
  if (replies.length > 0) parentPort?.postMessage(replies);
  replies = [];
  if (isBusy) schedule();
}

function schedule(): void {
  if (!isScheduled) setImmediate(turn);
  isScheduled = true;
}

parentPort?.on('message', (request: HashRequest | BlockMemory) => {
  if (request.type === 'memory') blocks.set(request.block, request.bytes);
  else engine.handle(request);
  schedule();
});
