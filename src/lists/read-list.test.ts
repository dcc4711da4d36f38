import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { fileOf, IMAGE } from '../testing/lists/documents.ts';
import { MAX_LIST_BYTES } from './list-error.ts';
import { readList } from './read-list.ts';

const URLS = 'https://example.org/a\nhttps://example.org/b\n';

/** A directory with one file in it, gone afterwards. */
async function listOf(content: string | Uint8Array, name = 'list.txt') {
  const directory = await mkdtemp(join(tmpdir(), 'dragonload-list-'));
  const path = join(directory, name);
  await writeFile(path, content);
  return { directory, path, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

async function urlsIn(content: string | Uint8Array, name?: string): Promise<readonly string[]> {
  await using list = await listOf(content, name);
  return (await readList(list.path, () => {})).map(({ url }) => url);
}

test('a plain list and a Metalink file are told apart by what is in them', async () => {
  assert.deepEqual(await urlsIn(URLS, 'list.meta4'), ['https://example.org/a', 'https://example.org/b']);
  assert.deepEqual(await urlsIn(fileOf('f'), 'list.txt'), ['https://example.org/f']);
  assert.deepEqual(await urlsIn(`\ufeff \r\n${fileOf('f').slice(39)}`), ['https://example.org/f']);
});

test('a byte order mark and line ends of Windows do no harm', async () => {
  const urls = ['https://example.org/a', 'https://example.org/b'];
  assert.deepEqual(await urlsIn(`\ufeff${URLS.replaceAll('\n', '\r\n')}`), urls);
});

test('a list may come from stdin', async () => {
  const module = JSON.stringify(new URL('read-list.ts', import.meta.url).href);
  const script = `import { readList } from ${module}; console.log(JSON.stringify(await readList('-', () => {})))`;
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  running.child.stdin!.end(IMAGE);
  const jobs = JSON.parse((await running).stdout);
  assert.equal(jobs[0].fileName, 'live.iso');
});

test('a stdin that gives nothing is an empty list', async () => {
  const module = JSON.stringify(new URL('read-list.ts', import.meta.url).href);
  const script = `import { readList } from ${module}; await readList('-', () => {}).catch((e) => console.log(e.message))`;
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  running.child.stdin!.end();
  assert.equal((await running).stdout, 'The list on stdin is empty.\n');
});

test('the parser of Metalink files is loaded for them and not for plain lists', async () => {
  const module = JSON.stringify(new URL('read-list.ts', import.meta.url).href);
  const isLoaded = async (content: string) => {
    await using list = await listOf(content);
    const script =
      `import { createRequire } from 'node:module'; import { readList } from ${module};` +
      `await readList(${JSON.stringify(list.path)}, () => {});` +
      `console.log(Object.keys(createRequire(import.meta.url).cache).some((name) => /sax\\.js$/.test(name)))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    return stdout.trim();
  };
  assert.equal(await isLoaded(URLS), 'false');
  assert.equal(await isLoaded(IMAGE), 'true');
});

for (const [what, content, message] of [
  ['an empty file', '', / is empty\.$/],
  ['a file of white space', ' \r\n\t\n', / is empty\.$/],
  ['a binary file', Buffer.from('7f454c460201010000', 'hex'), /, line 1: this is not text\.$/],
  ['a zero byte further down', `${URLS}a\0b`, /, line 3: this is not text\.$/],
  [
    'Latin-1',
    Buffer.from(`${URLS}https://example.org/\xe9\n`, 'latin1'),
    /, line 3: this is not valid UTF-8\.$/,
  ],
  ['UTF-16 with its mark', Buffer.from(`\ufeff${URLS}`, 'utf16le'), / is in UTF-16\.$/],
  ['UTF-16 without its mark', Buffer.from(URLS, 'utf16le'), / is in UTF-16\.$/],
  ['big-endian UTF-16', Buffer.from(URLS, 'utf16le').swap16(), / is in UTF-16\.$/],
  ['a web page', '<!DOCTYPE html>\n<html></html>', /, line 1: this is a web page\.$/],
] as const) {
  test(`${what} is told clearly`, async () => {
    await assert.rejects(urlsIn(content), { name: 'DragonloadError', code: 'bad-list', message });
  });
}

test('a directory, a device and a file that is not there are told clearly', async () => {
  await using list = await listOf('');
  const reject = (path: string, message: RegExp) =>
    assert.rejects(
      readList(path, () => {}),
      { name: 'DragonloadError', code: 'bad-list', message },
    );
  await reject(list.directory, / is a directory\.$/);
  await reject(join(list.directory, 'other'), / does not exist\.$/);
  await reject(join(list.path, 'below'), / cannot be read \(ENOTDIR\)\.$/);
  await reject(`a\0b`, / cannot be read \(ERR_INVALID_ARG_VALUE\)\.$/);
  if (process.platform !== 'win32') await reject('/dev/zero', / is not a file\.$/);
});

test('a list of more than 64 MiB is refused without being read', async () => {
  await using list = await listOf('');
  await truncate(list.path, MAX_LIST_BYTES + 1);
  await assert.rejects(
    readList(list.path, () => {}),
    { code: 'bad-list', message: / is too long: 64 MiB/ },
  );
});
