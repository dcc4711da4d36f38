// Opens a room and downloads in it together with whoever joins: node examples/host.ts URL [DIRECTORY]
import { host } from 'dragonload';

const [url = '', directory = '.'] = process.argv.slice(2);

const task = await host(url, {
  directory,
  name: 'host',
  onEvent: (event) => {
    if (event.type === 'invite') console.log(`invite ${event.link}`);
    if (event.type === 'member') console.log(`${event.name} ${event.change}`);
  },
});
const [result] = await task.finished;
console.log(`${result?.path} ${result?.originBytes} bytes from the origin, ${result?.lanBytes} over the LAN`);
