// Joins a room, and takes part in what it downloads if the file is not too large: node examples/join.ts INVITE [DIRECTORY]
import { join } from 'dragonload';

const [invite = '', directory = '.'] = process.argv.slice(2);
const MAX_BYTES = 10 * 1024 ** 3;

const task = await join(invite, {
  directory,
  name: 'guest',
  // The origin of this example may be on this very machine. Leave it out where members are not known.
  allowPrivate: true,
  consent: async ({ identity }) => (identity.sizeBytes ?? 0) <= MAX_BYTES,
});
const [result] = await task.finished;
console.log(`${result?.path} ${result?.originBytes} bytes from the origin, ${result?.lanBytes} over the LAN`);
