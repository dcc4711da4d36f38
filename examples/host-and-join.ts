// Two members on this machine share one download: what `dragonload host` and `dragonload join` do on two.
//
//   node examples/host-and-join.ts URL [DIRECTORY]
//
// In your own project: import { host, join } from 'dragonload'.
import { host, join } from '../src/index.ts';

const [url, directory = '.'] = process.argv.slice(2);
if (url === undefined) throw new Error('usage: node examples/host-and-join.ts URL [DIRECTORY]');

// Each member needs an identity and a folder of its own; on two machines both come by themselves.
const place = (name: string) => ({
  name,
  directory: `${directory}/${name}`,
  home: `${directory}/${name}/.dragonload`,
});

// The host opens the room. Its first event is the invite, to be given to the others.
const invited = Promise.withResolvers<string>();
await using alice = await host(url, {
  ...place('alice'),
  onEvent: (event) => {
    if (event.type === 'invite') invited.resolve(event.link);
    if (event.type === 'member') console.log(`alice: ${event.name} ${event.change}`);
  },
});
// Without a file there is no invite: then this is what rejects.
const invite = await Promise.race([invited.promise, alice.finished.then(() => invited.promise)]);
console.log(`alice: ${invite}`);

await using bob = await join(invite, {
  ...place('bob'),
  // Asked before anything is downloaded. The offer says what it is and where it comes from.
  consent: async ({ fileName }) => {
    console.log(`bob: takes part in ${fileName}`);
    return true;
  },
  // The room may name any URL; for one on this machine or network that has to be allowed.
  allowPrivate: true,
});

for (const [name, task] of [
  ['alice', alice],
  ['bob', bob],
] as const) {
  for (const { path, originBytes, lanBytes } of await task.finished)
    console.log(
      `${name}: saved ${path}, ${originBytes} bytes from the origin and ${lanBytes} from the other`,
    );
}
