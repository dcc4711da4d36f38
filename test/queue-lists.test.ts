import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { sha256Of } from './support/members.ts';
import { errorsOf, finishedBy, QueueStage } from './support/queue-stage.ts';

const FILE = knownFile('listed', 2 * MIB);
const OTHER = knownFile('another', 5000);

function metalink(
  files: Readonly<Record<string, { readonly url: string; readonly sha256: string }>>,
): string {
  const parts = Object.entries(files).map(
    ([name, { url, sha256 }]) =>
      `<file name="${name}"><hash type="sha-256">${sha256}</hash><url>${url}</url></file>`,
  );
  return `<?xml version="1.0"?><metalink xmlns="urn:ietf:params:xml:ns:metalink">${parts.join('')}</metalink>`;
}

test('a list from stdin is downloaded as one from a file', async (t) => {
  await using origin = await startOrigin({ files: { '/a.bin': FILE, '/b.bin': OTHER } });
  const stage = new QueueStage(t);
  const input = `# files\n${origin.url('/a.bin')}\n\n${origin.url('/b.bin')}\n  out=second.bin\n`;
  const { code, out, err } = await stage.command(['get', '-i', '-', '--json'], { input });
  assert.equal(code, 0, err);
  assert.equal(await sha256Of(join(stage.directory, 'a.bin')), FILE.sha256);
  assert.equal(await sha256Of(join(stage.directory, 'second.bin')), OTHER.sha256);
  for (const line of out.trimEnd().split('\n')) assert.equal(typeof JSON.parse(line).event, 'string');
});

test('options of a list hold for their download: directory, name, checksum, mirror', async (t) => {
  await using origin = await startOrigin({ files: { '/a.bin': FILE, '/b.bin': OTHER } });
  const stage = new QueueStage(t);
  const list = stage.write(
    'list.txt',
    [
      `${origin.url('/gone.bin')}\t${origin.url('/a.bin')}`,
      '  dir=deep/down',
      '  out=a.iso',
      `  checksum=sha-256=${FILE.sha256}`,
      origin.url('/b.bin'),
      `  checksum=sha-256=${FILE.sha256}`,
    ].join('\n'),
  );
  const run = stage.get(['-i', list]);
  await run.fails('digest-mismatch');
  const done = await run.event('done');
  assert.deepEqual(
    [done.path, done.trust, done.sha256],
    [join(stage.directory, 'deep/down/a.iso'), 'publisher-verified', FILE.sha256],
  );
});

test('a list with a name or a directory that leads out is refused as a whole', async (t) => {
  await using origin = await startOrigin({ files: { '/a.bin': FILE } });
  const stage = new QueueStage(t);
  for (const option of ['out=../a.bin', 'dir=../elsewhere']) {
    const list = stage.write('list.txt', `${origin.url()}\n${origin.url('/b.bin')}\n  ${option}\n`);
    const run = stage.get(['-i', list]);
    assert.equal(await run.exit(), 2, run.describe(`was not refused: ${option}`));
  }
  assert.equal(origin.requests.length, 0);
});

test('a Metalink file on disk and one on the web lead to their files', async (t) => {
  await using origin = await startOrigin({ files: { '/a.bin': FILE, '/b.bin': OTHER } });
  const text = metalink({
    'one.bin': { url: origin.url('/a.bin'), sha256: FILE.sha256 },
    'sub/two.bin': { url: origin.url('/b.bin'), sha256: OTHER.sha256 },
  });
  origin.set('/list', {
    content: Buffer.from(text),
    headers: { 'content-type': 'application/metalink4+xml' },
  });
  const stage = new QueueStage(t);
  const list = stage.write('list.meta4', text);
  for (const argv of [['-i', list], [origin.url('/list')]]) {
    const directory = stage.stage.directory(argv[0] ?? '');
    const run = stage.run(['get', ...argv, '--dir', directory, '--json']);
    assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
    assert.equal(await sha256Of(join(directory, 'one.bin')), FILE.sha256);
    assert.equal(await sha256Of(join(directory, 'sub/two.bin')), OTHER.sha256);
    const trusts = run.events.filter(({ event }) => event === 'done').map(({ trust }) => trust);
    assert.deepEqual(trusts, ['publisher-verified', 'publisher-verified']);
  }
  assert.deepEqual(await stage.listed(), [], 'the Metalink file itself is no download');
});

test('what a Metalink file of the web names at another host is not asked for in the inside', async (t) => {
  await using inside = await startOrigin({ host: '127.0.0.2', files: { '/a.bin': FILE } });
  const text = metalink({ 'a.bin': { url: inside.url(), sha256: FILE.sha256 } });
  const headers = { 'content-type': 'application/metalink4+xml' };
  await using origin = await startOrigin({ files: { '/list': { content: Buffer.from(text), headers } } });
  await new QueueStage(t).get([origin.url()]).fails('private-address');
  assert.equal(inside.requests.length, 0);
});

test('what an origin names as a mirror gets nothing that is the user’s, and may not be of the inside', async (t) => {
  await using inside = await startOrigin({ host: '127.0.0.2', files: { '/a.bin': FILE } });
  const link = `<${inside.url()}>; rel=duplicate`;
  const flaky = { ...FILE, headers: { link }, faults: { status: 404, after: 1 } };
  await using origin = await startOrigin({ files: { '/a.bin': flaky } });
  const stage = new QueueStage(t);
  await stage.get([origin.url(), '--no-lookup']).exit();
  assert.equal(inside.requests.length, 0);

  origin.set('/a.bin', flaky, { afresh: true });
  const run = stage.get([
    origin.url(),
    '--allow-private',
    '--no-lookup',
    '-H',
    'Authorization: Bearer secret',
  ]);
  await run.finishes(FILE.sha256);
  assert.ok(inside.requests.length > 0);
  assert.ok(inside.requests.every(({ headers }) => headers.authorization === undefined));
});

test('categories put files into directories, and are found there again', async (t) => {
  await using origin = await startOrigin({
    files: { '/a.ISO': FILE, '/b.txt': OTHER, '/get?file=1': OTHER },
  });
  origin.set('/get', { ...OTHER, headers: { 'content-disposition': 'attachment; filename="paper.txt"' } });
  const stage = new QueueStage(t);
  const argv = ['--category', '*.iso=discs', '--category', '*.txt=texts/new'];
  const targets = ['/a.ISO', '/b.txt', '/get?file=1'].map((path) => origin.url(path));
  const run = stage.get([...targets, ...argv]);
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  const there = ['discs/a.ISO', 'texts/new/b.txt', 'texts/new/paper.txt'].map((name) =>
    join(stage.directory, name),
  );
  assert.deepEqual([...finishedBy(run)].sort(), there);
  const before = origin.servedBytes();
  const again = stage.get([...targets, ...argv]);
  assert.equal(await again.exit(), 0, again.describe('ended otherwise'));
  assert.deepEqual([...finishedBy(again)].sort(), there);
  assert.ok(origin.servedBytes() - before <= targets.length, 'nothing was fetched again');
});

test('a category that leads out is refused, unless it is named in full', async (t) => {
  await using origin = await startOrigin({ files: { '/a.iso': FILE } });
  const stage = new QueueStage(t);
  const run = stage.get([origin.url(), '--category', '*.iso=../discs']);
  assert.equal(await run.exit(), 2, run.describe('was not refused'));
  const full = join(stage.stage.folder, 'discs');
  await stage.get([origin.url(), '--category', `*.iso=${full}`]).finishes(FILE.sha256);
  assert.ok(existsSync(join(full, 'a.iso')));
});

test('whatever names say, files stay in the directory, and none is lost', async (t) => {
  const names = [
    '..%2F..%2Fx',
    '..',
    '%2Fetc%2Fpasswd',
    'CON',
    `${'n'.repeat(300)}.bin`,
    'a%E2%80%AEgpj.exe',
    '%00',
  ];
  const files = Object.fromEntries(
    names.map((name, index) => [
      `/f/${index}`,
      {
        ...OTHER,
        headers: {
          'content-disposition': `attachment; filename*=UTF-8''${name}`,
        },
      },
    ]),
  );
  await using origin = await startOrigin({ files });
  const stage = new QueueStage(t);
  const run = stage.get(Object.keys(files).map((path) => origin.url(path)));
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.deepEqual(errorsOf(run), []);
  const here = readdirSync(stage.directory);
  assert.equal(here.length, names.length, here.join(' '));
  for (const name of here) assert.equal(await sha256Of(join(stage.directory, name)), OTHER.sha256);
});
