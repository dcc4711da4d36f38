import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { collect } from '../../testing/origin/collect.ts';
import { contentSlice } from '../../testing/origin-server/content.ts';
import { Origin } from '../origin.ts';

const FILE = contentSlice('coded', 0, 3_000_000);

interface Sent {
  readonly body: Buffer;
  readonly headers: Record<string, string>;
  readonly path?: string;
  /** So many bytes of the body are sent, and then the connection is closed. */
  readonly cutAt?: number;
}

/** What a download gets of an answer that is always the same. */
async function got({ body, headers, path = '/file.bin', cutAt }: Sent, take: boolean) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': String(body.length), ...headers });
    if (cutAt === undefined) response.end(body);
    else response.write(body.subarray(0, cutAt), () => response.socket?.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = new Origin(`http://127.0.0.1:${port}${path}`, { allowPrivate: true });
  try {
    const { identity, ranges } = await origin.probe({ take });
    assert.equal(ranges, false);
    return { identity, ...(await collect(origin, { start: 0, end: undefined }, { identity })) };
  } finally {
    await origin[Symbol.asyncDispose]();
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }
}

for (const take of [true, false]) {
  const how = take ? 'with the answer to the probe' : 'with a request of its own';

  for (const [coding, body] of [
    ['gzip', gzipSync(FILE)],
    ['x-gzip', gzipSync(FILE)],
    ['deflate', deflateSync(FILE)],
    ['zstd', zstdCompressSync(FILE)],
  ] as const) {
    test(`${coding} that was put on is taken off again, ${how}`, async () => {
      const { identity, outcome, bytes, sizeBytes } = await got(
        { body, headers: { 'content-encoding': coding } },
        take,
      );
      assert.equal(identity.sizeBytes, undefined, 'the length of the coded form is not that of the file');
      assert.deepEqual([outcome, sizeBytes], ['complete', FILE.length]);
      assert.ok(bytes.equals(FILE));
    });
  }

  test(`what is only called coded is taken as it is, ${how}`, async () => {
    for (const body of [FILE, FILE.subarray(0, 3), Buffer.alloc(0)])
      for (const coding of ['gzip', 'deflate', 'zstd', 'identity', 'br', 'no-such-coding']) {
        const { outcome, bytes } = await got({ body, headers: { 'content-encoding': coding } }, take);
        assert.equal(outcome, 'complete', `${coding} ${body.length}`);
        assert.ok(bytes.equals(body), coding);
      }
  });

  test(`a file whose own form a server calls a coding keeps it, ${how}`, async () => {
    const body = gzipSync(FILE);
    for (const more of [
      { path: '/file.tar.gz' },
      { path: '/FILE.TGZ' },
      { type: 'application/gzip' },
      { type: 'application/x-compressed-tar; charset=binary' },
      { disposition: 'attachment; filename="file.tgz"' },
    ] as { path?: string; type?: string; disposition?: string }[]) {
      const headers = {
        'content-encoding': 'gzip',
        ...(more.type === undefined ? {} : { 'content-type': more.type }),
        ...(more.disposition === undefined ? {} : { 'content-disposition': more.disposition }),
      };
      const { outcome, bytes } = await got({ body, headers, ...more }, take);
      assert.equal(outcome, 'complete', JSON.stringify(more));
      assert.ok(bytes.equals(body), JSON.stringify(more));
    }
  });

  test(`a coded body that breaks off, or is damaged, is broken, ${how}`, async () => {
    const body = gzipSync(FILE);
    const headers = { 'content-encoding': 'gzip' };
    const damaged = Buffer.from(body);
    damaged.fill(0xff, 1_000_000, 1_000_100);
    for (const sent of [
      { body, headers, cutAt: 2_000_000 },
      { body: body.subarray(0, 2_000_000), headers },
      { body: damaged, headers },
      { body: body.subarray(0, body.length - 4), headers },
    ]) {
      const { outcome, bytes } = await got(sent, take);
      assert.equal(outcome, 'broken');
      assert.ok(bytes.length <= FILE.length);
    }
  });
}
