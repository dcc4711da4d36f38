import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OriginFile, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { Origin } from '../origin.ts';
import { lookUpDigests } from './look-up.ts';

const A = 'a1'.repeat(32);
const B = 'b2'.repeat(32);
const text = (content: string): OriginFile => ({ content: Buffer.from(content) });
const open = (url: string) => new Origin(url, { allowPrivate: true, retryDelayMs: 1 });
const GITHUB = 'https://github.com/alice/tool/releases/download/v1%2F2/tool%20x.tgz';
const release = (assets: unknown) => text(JSON.stringify({ tag_name: 'v1/2', assets }));

/** What is found for `/dir/f%20g.iso` when these lie at the host. */
async function found(files: Record<string, OriginFile>) {
  await using server = await startOrigin({ files });
  const digests = await lookUpDigests(`${server.url('/dir/f%20g.iso')}?token=secret`, { open });
  const asked = server.requests.map(({ path }) => path);
  return { digests, asked, host: new URL(server.url('/')).host };
}

test('each usual list beside a file is found, and says where', async () => {
  for (const list of ['SHA256SUMS', 'SHA256SUM', 'sha256sum.txt']) {
    const { digests, host } = await found({ [`/dir/${list}`]: text(`${B}  other\n${A} *f g.iso\n`) });
    assert.deepEqual(digests, [{ algorithm: 'sha256', hex: A, by: `${list} of ${host}` }]);
  }
  const { digests, asked, host } = await found({ '/dir/f%20g.iso.sha256': text(`${A}\n`) });
  assert.deepEqual(digests, [{ algorithm: 'sha256', hex: A, by: `the .sha256 file of ${host}` }]);
  assert.equal(asked.length, 1);
});

test('lists that are missing, too long, pages, of other files or in other directories tell nothing', async () => {
  const html = text(`<html>${A}  f g.iso</html>`);
  const { digests, asked } = await found({
    '/SHA256SUMS': text(`${A}  f g.iso\n`),
    '/dir/SHA256SUMS': text(`${A}  other\n`),
    '/dir/SHA256SUM': { content: { seed: 'long', sizeBytes: 2 * 1024 * 1024 } },
    '/dir/sha256sum.txt': { ...html, faults: { loginPage: true } },
  });
  assert.deepEqual(digests, []);
  assert.ok(asked.length <= 4, asked.join());
});

test('servers that fail, break off or say nothing are not waited for', async () => {
  const { digests } = await found({
    '/dir/f%20g.iso.sha256': { ...text(A), faults: { status: 403 } },
    '/dir/SHA256SUMS': { ...text(`${A}  f g.iso\n`), faults: { shortBody: 20 } },
    '/dir/SHA256SUM': { ...text(A), faults: { redirectTo: '/dir/SHA256SUM' } },
  });
  assert.deepEqual(digests, []);
  await using server = await startOrigin({
    files: { '/f.sha256': { ...text(A), faults: { silent: true } } },
  });
  assert.deepEqual(await lookUpDigests(server.url('/f'), { open, timeoutMs: 50 }), []);
  assert.deepEqual(await lookUpDigests(server.url('/f'), { open, signal: AbortSignal.abort() }), []);
});

test('addresses that name no file are not looked around', async () => {
  const never = () => assert.fail('nothing is asked');
  for (const url of ['nonsense', 'https://a.test/', 'https://a.test/dir/']) {
    assert.deepEqual(await lookUpDigests(url, { open: never }), []);
  }
});

test('what the user gives for a host goes to the lists there and not to GitHub', async () => {
  const asked: [string, boolean][] = [];
  const refuse = (url: string, trusted: boolean) => {
    asked.push([url, trusted]);
    throw new Error('no way');
  };
  assert.deepEqual(await lookUpDigests(GITHUB, { open: refuse }), []);
  const beside = 'https://github.com/alice/tool/releases/download/v1%2F2/';
  assert.deepEqual(asked, [
    ['https://api.github.com/repos/alice/tool/releases/tags/v1%2F2', false],
    [`${beside}tool%20x.tgz.sha256`, true],
    [`${beside}SHA256SUMS`, true],
    [`${beside}SHA256SUM`, true],
    [`${beside}sha256sum.txt`, true],
  ]);
});

test('the digest of a release on GitHub is what its API says', async () => {
  const path = '/repos/alice/tool/releases/tags/v1%2F2';
  const asset = { name: 'tool x.tgz', digest: `sha256:${A}` };
  const answers: [OriginFile, string | undefined][] = [
    [release([{ name: 'other', digest: `sha256:${B}` }, asset]), A],
    [release([{ ...asset, digest: null }]), undefined],
    [release([{ ...asset, digest: `sha1:${A}` }]), undefined],
    [release([{ ...asset, digest: 'sha256:xyz' }]), undefined],
    [release([asset, { ...asset, digest: `sha256:${B}` }]), undefined],
    [release({ length: 1, 0: asset }), undefined],
    [release([null, 5, 'x', []]), undefined],
    [text('[['.repeat(1000)), undefined],
    [text('null'), undefined],
  ];
  for (const [answer, hex] of answers) {
    await using server = await startOrigin({ files: { [path]: answer } });
    const here = (url: string) => {
      if (!url.startsWith(server.url('/'))) throw new Error('only the API is here');
      return open(url);
    };
    const digests = await lookUpDigests(GITHUB, { open: here, githubApi: server.url('') });
    assert.deepEqual(
      digests,
      hex === undefined ? [] : [{ algorithm: 'sha256', hex, by: "GitHub's release of alice/tool" }],
    );
    assert.equal(server.requests.length, 1);
  }
});

test('only addresses of releases on GitHub itself are taken for such', async () => {
  const asked: string[] = [];
  const refuse = (url: string) => {
    asked.push(url);
    throw new Error('no way');
  };
  for (const url of [
    GITHUB.replace('github.com', 'github.com.evil.test'),
    GITHUB.replace('https:', 'http:'),
    GITHUB.replace('releases/download', 'raw'),
    GITHUB.replace('github.com', 'github.com:444'),
    GITHUB.replace('tool%20x', '%ff'),
  ])
    await lookUpDigests(url, { open: refuse });
  assert.ok(asked.length > 0 && !asked.some((url) => url.includes('api.github.com')));
});
