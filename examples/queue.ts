// A program that stays: it takes downloads while it runs, shows one state of all of them, and commands them.
//
//   node examples/queue.ts DIRECTORY URL...
//
// In your own project: import { Dragonload } from 'dragonload'.
import { Dragonload, type EngineState } from '../src/index.ts';

const [directory, ...urls] = process.argv.slice(2);
if (directory === undefined || urls.length === 0)
  throw new Error('usage: node examples/queue.ts DIRECTORY URL...');

// At most 3 downloads at once. Leaving this block stops everything in order: the next run goes on from there.
await using dragonload = new Dragonload({ directory, queue: { concurrent: 3 } });

// Called with the whole state, which is plain data, and then whenever it has changed: once a second at most.
const draw = ({ downloads }: EngineState): void => {
  for (const { id, fileName, status, heldBytes } of downloads)
    console.log(`${id} ${fileName}: ${status}, ${heldBytes} bytes`);
};
dragonload.subscribe(draw, { everyMs: 1000 });

const ids = await dragonload.add(urls);

// Commands name a download by its number. The first one is to wait until the others are done.
const [first] = ids;
if (first !== undefined && ids.length > 1) {
  await dragonload.pause(first);
  for await (const { downloads } of dragonload.changes())
    if (downloads.every(({ id, status }) => id === first || status === 'done' || status === 'failed')) break;
  await dragonload.resume(first);
}

// Waits until all is over. Rejects with a DragonloadError when one of them has failed.
for (const { id, path } of await dragonload.finish()) console.log(`${id} saved ${path}`);
