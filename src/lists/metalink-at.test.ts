import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DragonloadError } from '../core/errors.ts';
import type { Origin } from '../origin/origin.ts';
import type { Probe } from '../origin/probe.ts';
import { IMAGE, metalink } from '../testing/lists/documents.ts';
import type { Job } from './job.ts';
import { MAX_LIST_BYTES } from './list-error.ts';
import { readMetalinkAt } from './metalink-at.ts';

type Fetch = Origin['fetchRange'];
type Ended = Awaited<ReturnType<Fetch>>;

const JOB: Job = { url: 'https://example.org/dist/f.meta4' };
const URL_ELEMENT = '<url>https://example.org/f</url>';
const ONE = metalink(`<file name="f">${URL_ELEMENT}</file>`);

function probeOf(text: string, more: Partial<Probe> = {}): Probe {
  return {
    finalUrl: 'https://cdn.example.net/deep/f.meta4?token=secret',
    ranges: true,
    identity: { sizeBytes: Buffer.byteLength(text), etag: undefined, lastModified: undefined },
    fileName: 'f.meta4',
    digests: [],
    localAddress: undefined,
    isMetalink: true,
    ...more,
  };
}

/** Sends as much of a text as is said of each attempt, then ends as is said. */
function originOf(text: string, ends: readonly (Partial<Ended> & Pick<Ended, 'outcome'>)[]) {
  const asked: number[] = [];
  const fetchRange: Fetch = async ({ start, end }, { onChunk }) => {
    const ended = ends[asked.length]!;
    asked.push(start);
    const bytes = Buffer.from(text).subarray(start, ended.receivedBytes ?? end);
    for (let at = 0; at < bytes.length; at += 100) {
      // Lent, as the bytes of a connection are: they are something else when the next ones come.
      const lent = Buffer.from(bytes.subarray(at, at + 100));
      await onChunk(lent);
      lent.fill(0);
    }
    return { receivedBytes: bytes.length, ...ended };
  };
  return { asked, fetchRange };
}

const never: Pick<Origin, 'fetchRange'> = { fetchRange: () => assert.fail('nothing was to be fetched') };
const { signal } = new AbortController();

test('a document that came with the first answer is not fetched again', async () => {
  const probe = probeOf(ONE, { whole: Buffer.from(ONE) });
  const jobs = await readMetalinkAt(probe, never, JOB, signal);
  assert.deepEqual(jobs, [{ url: 'https://example.org/f', fileName: 'f', isListed: true }]);
});

test('a document is fetched, and its digests say where they come from', async () => {
  const origin = originOf(IMAGE, [{ outcome: 'complete' }]);
  const [job] = await readMetalinkAt(probeOf(IMAGE), origin, JOB, signal);
  assert.equal(job!.fileName, 'live.iso');
  assert.equal(job!.checksums![0]!.by, 'Metalink file of cdn.example.net');
});

test('a document without a length is fetched to its end', async () => {
  const identity = { sizeBytes: undefined, etag: undefined, lastModified: undefined };
  const origin = originOf(ONE, [{ outcome: 'complete' }]);
  assert.equal((await readMetalinkAt(probeOf(ONE, { identity }), origin, JOB, signal)).length, 1);
});

test('downloads inherit from the job what is not of the file', async () => {
  const text = metalink(
    `<file name="a">${URL_ELEMENT}</file><file name="x86/b">${URL_ELEMENT}<size>5</size></file>`,
  );
  const common = { priority: 3, limitRate: 5000, request: { userAgent: 'x' } };
  const job: Job = {
    ...JOB,
    ...common,
    directory: 'discs',
    output: 'one',
    fileName: 'f.meta4',
    checksums: [{ checksum: 'md5:00', by: 'x' }],
    sizeBytes: 7,
    mirrors: ['https://example.com/f.meta4'],
    id: 5,
  };
  const jobs = await readMetalinkAt(probeOf(text, { whole: Buffer.from(text) }), never, job, signal);
  const url = 'https://example.org/f';
  assert.deepEqual(jobs, [
    { url, fileName: 'a', directory: 'discs', isListed: true, ...common },
    { url, fileName: 'b', directory: 'discs/x86', sizeBytes: 5, isListed: true, ...common },
  ]);
});

test('a name that the user gave is that of the only file', async () => {
  const probe = probeOf(ONE, { whole: Buffer.from(ONE) });
  const [job] = await readMetalinkAt(probe, never, { ...JOB, output: 'one' }, signal);
  assert.equal(job!.output, 'one');
});

test('relative addresses are relative to where the document was found', async () => {
  const text = metalink('<file name="f"><url>../f</url></file>');
  const [job] = await readMetalinkAt(probeOf(text, { whole: Buffer.from(text) }), never, JOB, signal);
  assert.equal(job!.url, 'https://cdn.example.net/f');
});

test('addresses at hosts that the user did not name are not trusted', async () => {
  const text = metalink(
    `<file name="a">${URL_ELEMENT}</file><file name="b">${URL_ELEMENT}<url>http://127.0.0.1/b</url></file>`,
  );
  const probe = probeOf(text, { whole: Buffer.from(text) });
  const trusted = async (job: Job) =>
    (await readMetalinkAt(probe, never, job, signal)).map(({ trusted }) => trusted);
  assert.deepEqual(await trusted(JOB), [undefined, false]);
  assert.deepEqual(await trusted({ ...JOB, trusted: false }), [false, false]);
});

test('a document that another one led to is refused: it may lead to itself', async () => {
  const own = metalink(`<file name="f"><url>${JOB.url}</url></file>`);
  const probe = probeOf(own, { whole: Buffer.from(own) });
  const [again] = await readMetalinkAt(probe, never, JOB, signal);
  assert.equal(again!.url, JOB.url);
  await assert.rejects(readMetalinkAt(probe, never, again!, signal), { code: 'bad-list' });
});

test('a transfer that breaks is tried again, from the beginning', async () => {
  const origin = originOf(IMAGE, [
    { outcome: 'broken', receivedBytes: 1000 },
    { outcome: 'busy', receivedBytes: 0, retryAfterMs: 0 },
    { outcome: 'complete' },
  ]);
  assert.equal((await readMetalinkAt(probeOf(IMAGE), origin, JOB, signal)).length, 1);
  assert.deepEqual(origin.asked, [0, 0, 0]);
});

test('why a document cannot be had is told', async () => {
  const reject = (ends: Parameters<typeof originOf>[1], wanted: { code: string; message: RegExp }) =>
    assert.rejects(readMetalinkAt(probeOf(IMAGE), originOf(IMAGE, ends), JOB, signal), wanted);
  const broken = { outcome: 'broken', receivedBytes: 10, message: 'It broke off.' } as const;
  await reject([broken, broken, broken], { code: 'origin-failed', message: /^It broke off\.$/ });
  const error = new DragonloadError('origin-missing', 'It is gone.');
  await reject([{ outcome: 'refused', receivedBytes: 0, error }], {
    code: 'origin-missing',
    message: /gone/,
  });
  await reject([{ outcome: 'busy', receivedBytes: 0, retryAfterMs: 60_000 }], {
    code: 'origin-failed',
    message: /./,
  });
});

test('stopping is no failure of the document', async () => {
  const stopping = new AbortController();
  const reject = (origin: Pick<Origin, 'fetchRange'>) =>
    assert.rejects(readMetalinkAt(probeOf(IMAGE), origin, JOB, stopping.signal), { code: 'aborted' });
  await reject(originOf(IMAGE, [{ outcome: 'stopped', receivedBytes: 10 }]));
  // In the pause that the origin has asked for.
  await reject({
    fetchRange: async () => {
      setImmediate(() => stopping.abort());
      return { outcome: 'busy', receivedBytes: 0, retryAfterMs: 9000 };
    },
  });
});

test('a document that is wrong or too long is a bad list, without the secrets of its address', async () => {
  const reject = async (probe: Probe, origin: Pick<Origin, 'fetchRange'>) => {
    const wanted = {
      code: 'bad-list',
      message: /^The Metalink file https:\/\/cdn\.example\.net\/deep\/f\.meta4[ ,]/,
    };
    await assert.rejects(readMetalinkAt(probe, origin, JOB, signal), wanted);
  };
  const page = '<html></html>';
  await reject(probeOf(page, { whole: Buffer.from(page) }), never);
  await reject(probeOf(page), originOf(page, [{ outcome: 'complete' }]));
  const identity = { sizeBytes: MAX_LIST_BYTES + 1, etag: undefined, lastModified: undefined };
  await reject(probeOf('', { identity }), never);
});
