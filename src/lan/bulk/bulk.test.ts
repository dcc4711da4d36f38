import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { PieceRecord } from '../../core/messages.ts';
import { DOWNLOAD, serveBytes, startMember, startPair } from '../../testing/lan/rooms.ts';
import { ephemeralIdentity } from '../identity/identity.ts';
import { signRecord, verifyRecord } from '../identity/records.ts';
import type { Lan, LanOptions } from '../lan.ts';

const MIB = 1 << 20;
const file = randomBytes(3 * MIB + 12_345);

/** Pulls and collects. Chunks are copied: they are only lent. */
async function pull(lan: Lan, peer: string, start: number, end: number, signal?: AbortSignal) {
  const bytes = Buffer.alloc(Math.max(0, end - start));
  let records: readonly PieceRecord[] = [];
  let next = start;
  const result = await lan.pull({
    peer,
    download: DOWNLOAD,
    start,
    end,
    signal,
    onChunk: (chunk, offset) => {
      assert.equal(offset, next);
      bytes.set(chunk, offset - start);
      next += chunk.length;
    },
    onRecords: (some) => {
      records = some;
    },
  });
  return { ...result, bytes, records, received: next - start };
}

test('bytes of any range come as they are, in both directions', async () => {
  await using pair = await startPair({ serve: serveBytes(file) }, { serve: serveBytes(file) });
  const { a, b } = pair;
  for (const [start, end] of [
    [0, file.length],
    [0, 1],
    [12_345, MIB + 1],
    [file.length - 1, file.length],
  ] as const) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const { outcome, bytes } = await pull(from.lan, to.identity.id, start, end);
      assert.equal(outcome, 'complete');
      assert.ok(bytes.equals(file.subarray(start, end)));
    }
  }
});

test('many pulls at once share a few connections', async () => {
  await using pair = await startPair({}, { serve: serveBytes(file) });
  const starts = Array.from({ length: 40 }, (_, i) => i * 70_000);
  const results = await Promise.all(
    starts.map((start) => pull(pair.a.lan, pair.b.identity.id, start, start + 70_000)),
  );
  for (const [i, { outcome, bytes }] of results.entries()) {
    assert.equal(outcome, 'complete');
    assert.ok(bytes.equals(file.subarray(starts[i]!, starts[i]! + 70_000)));
  }
});

test('the records of 64 pieces come with the bytes', async () => {
  const signer = ephemeralIdentity();
  const records = Array.from({ length: 64 }, (_, piece) =>
    signRecord(signer, DOWNLOAD, MIB, piece, randomBytes(32)),
  );
  await using pair = await startPair(
    {},
    { serve: () => ({ records, read: async (target) => void target.fill(1) }) },
  );
  const got = await pull(pair.a.lan, pair.b.identity.id, 0, 64);
  assert.equal(got.outcome, 'complete');
  assert.equal(got.records.length, 64);
  for (const record of got.records) assert.ok(verifyRecord(signer.certificate, DOWNLOAD, MIB, record));
});

test('a member is told who asks, and answers for what it holds only', async () => {
  const asked: unknown[] = [];
  const serve: LanOptions['serve'] = (request) => {
    asked.push(request);
    return undefined;
  };
  await using pair = await startPair({}, { serve });
  const { outcome } = await pull(pair.a.lan, pair.b.identity.id, 5, 10);
  assert.equal(outcome, 'refused');
  assert.deepEqual(asked, [{ peer: pair.a.identity.id, download: DOWNLOAD, start: 5, end: 10 }]);
});

test('a refusal leaves the connection fit for the next pull', async () => {
  await using pair = await startPair({}, { serve: serveBytes(file) });
  assert.equal((await pull(pair.a.lan, pair.b.identity.id, 0, file.length + 1)).outcome, 'refused');
  assert.equal((await pull(pair.a.lan, pair.b.identity.id, 0, 10)).outcome, 'complete');
});

test('a member that cannot read on breaks off; what came before is handed over', async () => {
  const serve: LanOptions['serve'] = () => ({
    records: [],
    read: async (target, offset) => {
      if (offset >= MIB) throw new Error('disk');
      target.fill(7);
    },
  });
  await using pair = await startPair({}, { serve });
  const { outcome, received } = await pull(pair.a.lan, pair.b.identity.id, 0, 2 * MIB);
  assert.equal(outcome, 'broken');
  assert.ok(received <= MIB);
  assert.equal((await pull(pair.a.lan, pair.b.identity.id, 0, 100)).outcome, 'complete');
});

test('the owner of the bytes is told when they are no longer needed', async () => {
  const released = Promise.withResolvers<void>();
  const serve: LanOptions['serve'] = () => ({
    records: [],
    read: async (target) => void target.fill(0),
    release: released.resolve,
  });
  await using pair = await startPair({}, { serve });
  await pull(pair.a.lan, pair.b.identity.id, 0, 100);
  await released.promise;
});

test('an aborted pull stops and hands over nothing more', async () => {
  await using pair = await startPair({}, { serve: serveBytes(file) });
  const controller = new AbortController();
  let after = 0;
  const result = await pair.a.lan.pull({
    peer: pair.b.identity.id,
    download: DOWNLOAD,
    start: 0,
    end: file.length,
    signal: controller.signal,
    onRecords: () => {},
    onChunk: () => {
      if (controller.signal.aborted) after += 1;
      controller.abort();
    },
  });
  assert.equal(result.outcome, 'stopped');
  assert.equal(after, 0);
  assert.equal((await pull(pair.a.lan, pair.b.identity.id, 0, 10, controller.signal)).outcome, 'stopped');
  assert.equal((await pull(pair.a.lan, pair.b.identity.id, 0, 10)).outcome, 'complete');
});

test('a slow receiver holds the sender back, and loses nothing', async () => {
  let read = 0;
  const total = 64 * MIB;
  const serve: LanOptions['serve'] = () => ({
    records: [],
    read: async (target, offset) => {
      read = offset + target.length;
      target.fill(offset / MIB);
    },
  });
  await using pair = await startPair({}, { serve });
  const gate = Promise.withResolvers<void>();
  let open = 0;
  let received = 0;
  let ahead = 0;
  const done = pair.a.lan.pull({
    peer: pair.b.identity.id,
    download: DOWNLOAD,
    start: 0,
    end: total,
    onRecords: () => {},
    onChunk: async (chunk, offset) => {
      open += 1;
      if (open === 4) {
        // Let all that the network will take be read before the gate opens.
        setTimeout(() => {
          ahead = read;
          gate.resolve();
        }, 200);
      }
      await gate.promise;
      assert.equal(chunk[0], Math.floor(offset / MIB));
      received += chunk.length;
    },
  });
  assert.equal((await done).outcome, 'complete');
  assert.equal(received, total);
  assert.ok(ahead < total / 2, `${ahead} bytes were read ahead`);
});

test('an error of the receiver is thrown to whoever pulled', async () => {
  await using pair = await startPair({}, { serve: serveBytes(file) });
  const options = {
    peer: pair.b.identity.id,
    download: DOWNLOAD,
    start: 0,
    end: file.length,
    onRecords: () => {},
  };
  await assert.rejects(pair.a.lan.pull({ ...options, onChunk: () => assert.fail('full') }), /full/);
  await assert.rejects(
    pair.a.lan.pull({ ...options, onChunk: () => Promise.reject(new Error('full')) }),
    /full/,
  );
  assert.equal((await pull(pair.a.lan, pair.b.identity.id, 0, 10)).outcome, 'complete');
});

test('without a session there is nothing to pull, and pulls end with it', async () => {
  const reading = Promise.withResolvers<void>();
  const serve: LanOptions['serve'] = () => ({
    records: [],
    read: async () => {
      reading.resolve();
      await new Promise<never>(() => {});
    },
  });
  await using pair = await startPair({}, { serve });
  const running = pull(pair.a.lan, pair.b.identity.id, 0, 10);
  await reading.promise;
  pair.session.close('enough');
  assert.equal((await running).outcome, 'broken');
  assert.equal((await pull(pair.a.lan, pair.b.identity.id, 0, 10)).outcome, 'broken');
});

test('a member that cannot be dialled serves over connections that it dials itself', async () => {
  // Nobody is told where b listens, and b has dialled a.
  await using a = await startMember();
  await using b = await startMember({ serve: serveBytes(file), advertise: [] });
  await b.lan.dial(a.lan.addresses());
  await a.until(() => a.ups.length === 1);
  assert.deepEqual(a.ups[0]!.addresses, []);
  const results = await Promise.all(
    [0, 1, 2, 3, 4, 5].map((i) => pull(a.lan, b.identity.id, i * 1000, MIB + i)),
  );
  for (const [i, { outcome, bytes }] of results.entries()) {
    assert.equal(outcome, 'complete');
    assert.ok(bytes.equals(file.subarray(i * 1000, MIB + i)));
  }
});

test('a member whose addresses are all wrong is asked to dial back', async () => {
  await using a = await startMember();
  await using b = await startMember({ serve: serveBytes(file), advertise: ['127.0.0.1:1'] });
  await b.lan.dial(a.lan.addresses());
  await a.until(() => a.ups.length === 1);
  const { outcome, bytes } = await pull(a.lan, b.identity.id, 0, MIB);
  assert.equal(outcome, 'complete');
  assert.ok(bytes.equals(file.subarray(0, MIB)));
});
