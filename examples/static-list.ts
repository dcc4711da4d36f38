// Downloads together with the users of a list that everybody has, without host and invite. Each user runs this with
// the same list and an id of their own, at about the same time:
//
//   SECRET='at least 16 characters' node examples/static-list.ts URL 1 1=192.0.2.10:7000 2=192.0.2.11:7000
//   SECRET='at least 16 characters' node examples/static-list.ts URL 2 1=192.0.2.10:7000 2=192.0.2.11:7000
//
// In your own project: import { startDragonload } from 'dragonload'.
import { startDragonload, type User } from '../src/index.ts';

const [url, me, ...list] = process.argv.slice(2);
const secret = process.env.SECRET;
if (url === undefined || me === undefined || secret === undefined)
  throw new Error('usage: SECRET=... node examples/static-list.ts URL MY-ID ID=HOST:PORT...');

const users = list.map((text): User => {
  const [, id = '', host = '', port = ''] = /^(\w+)=(.+):(\d+)$/.exec(text) ?? [];
  return { id, host, port: Number(port) };
});

await using task = await startDragonload(url, users.length, me, users, {
  secret,
  onEvent: (event) => {
    if (event.type === 'member') console.log(`${event.name} ${event.change}`);
  },
});

for (const { path, originBytes, lanBytes } of await task.finished)
  console.log(`saved ${path}, ${originBytes} bytes from the origin and ${lanBytes} from the others`);
