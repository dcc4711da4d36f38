import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Geometry } from '../src/core/geometry.ts';
import { Part } from '../src/disk/part.ts';

/**
 * How fast a part file takes a download: written by four streams, every piece hashed and journaled, finished.
 * `node lab/bench-disk.ts [DIR] [MIB] [STREAMS]`; the CPU times hold on a busy machine too.
 */
const [root = '/dev/shm', mib = '1024', streams = '4'] = process.argv.slice(2);
const sizeBytes = Number(mib) * 1024 * 1024;
const directory = await mkdtemp(join(root, 'dragonload-bench-'));
const geometry = new Geometry(sizeBytes);
const pieceCount = geometry.pieceCount ?? 0;
const chunk = randomBytes(64 * 1024);

const startedMs = performance.now();
const part = await Part.open({
  directory,
  fileName: 'bench.bin',
  url: 'http://bench.test/',
  identity: { sizeBytes, etag: '"bench"', lastModified: undefined },
  geometry,
  dataDir: join(directory, 'data'),
});
const kept: Promise<void>[] = [];
const openedMs = performance.now();
await Promise.all(Array.from({ length: Number(streams) }, (_, stream) => feed(stream)));
await Promise.all(kept);
const keptMs = performance.now();
await part.finish();
const finishedMs = performance.now();
const { user, system } = process.cpuUsage();
const target = Buffer.alloc(512 * 1024);
for (let at = 0; at + target.length <= sizeBytes; at += target.length) await part.read(target, at);
const readMs = performance.now();

const rate = (ms: number) => Math.round(sizeBytes / 1e3 / ms);
console.log({
  openMs: Math.round(openedMs - startedMs),
  writeAndHashMBs: rate(keptMs - openedMs),
  finishMs: Math.round(finishedMs - keptMs),
  allMBs: rate(finishedMs - startedMs),
  readMBs: rate(readMs - finishedMs),
  cpuNsPerByte: {
    user: ((user * 1e3) / sizeBytes).toFixed(2),
    system: ((system * 1e3) / sizeBytes).toFixed(2),
  },
  peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
});
await part[Symbol.asyncDispose]();
await rm(directory, { recursive: true });

/** A stream takes every n-th run of eight pieces, as leases do. */
async function feed(stream: number): Promise<void> {
  let turns = 0;
  for (let first = stream * 8; first < pieceCount; first += Number(streams) * 8) {
    const { start, end } = geometry.bytesOfRun({ start: first, end: Math.min(pieceCount, first + 8) });
    let next = first;
    const writer = part.writer(start, end, (_start, written) => {
      while (next < first + 8 && next < pieceCount && geometry.endOf(next) <= written)
        kept.push(keep(next++));
    });
    while (writer.offset < end) {
      const wait = writer.write(chunk);
      if (wait !== undefined) await wait;
      // Bytes come from sockets, which take turns with everything else.
      else if (++turns % 4 === 0) await new Promise(setImmediate);
    }
    await writer.close();
  }
}

async function keep(piece: number): Promise<void> {
  const sha256 = await part.hash(piece);
  await part.keep({ piece, sha256, signer: 'a'.repeat(64), signature: new Uint8Array(64) });
}
