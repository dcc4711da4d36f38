// Downloads together with a list of users that everybody has, without invites. Each runs this with an id of their own:
// node examples/start-dragonload.ts URL ID DIRECTORY HOST:PORT HOST:PORT ...
import { startDragonload } from 'dragonload';

const [url = '', id = '0', directory = '.', ...places] = process.argv.slice(2);
const users = places.map((place, index) => {
  const [host = '', port = ''] = place.split(':');
  return { id: index, host, port: Number(port) };
});

const task = await startDragonload(url, users.length, Number(id), users, {
  secret: 'known to us only 1729',
  directory,
});
const [result] = await task.finished;
console.log(`${result?.path} ${result?.originBytes} bytes from the origin, ${result?.lanBytes} over the LAN`);
