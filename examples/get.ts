// Downloads a file alone, shows how far it is, and stops in order on Ctrl-C: node examples/get.ts URL [DIRECTORY]
import { DragonloadError, get } from 'dragonload';

const [url = '', directory = '.'] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const task = get(url, { directory, signal: stop.signal });
const timer = setInterval(() => {
  for (const { fileName, heldBytes, sizeBytes = 0 } of task.view().downloads)
    console.log(`${fileName}: ${heldBytes} of ${sizeBytes} bytes`);
}, 1_000);
try {
  for (const { path, sha256, trust } of await task.finished) console.log(`${path} ${sha256} ${trust.kind}`);
} catch (thrown) {
  const { code, message, next } = DragonloadError.from(thrown);
  console.error(`${code}: ${message} ${next ?? ''}`);
  process.exitCode = 1;
} finally {
  clearInterval(timer);
}
