// Downloads one file alone, with progress, and says how far it can be trusted.
//
//   node examples/get.ts URL [DIRECTORY]
//
// In your own project: import { get } from 'dragonload'.
import { get } from '../src/index.ts';

const [url, directory = '.'] = process.argv.slice(2);
if (url === undefined) throw new Error('usage: node examples/get.ts URL [DIRECTORY]');

// Ctrl-C stops in order: what has arrived is kept, and the next run goes on from there.
const abort = new AbortController();
process.once('SIGINT', () => abort.abort());

await using task = get(url, { directory, signal: abort.signal });

const progress = setInterval(() => {
  for (const { fileName, heldBytes, sizeBytes } of task.view().downloads)
    console.log(`${fileName}: ${heldBytes} of ${sizeBytes ?? 'an unknown number of'} bytes`);
}, 500);

try {
  // Rejects with a DragonloadError, which has a code, a message and the next step.
  for (const { path, sha256, trust } of await task.finished)
    console.log(`saved ${path}\nsha256 ${sha256}, ${trust.kind}`);
} finally {
  clearInterval(progress);
}
