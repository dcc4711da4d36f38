import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { prepareJobs } from './prepare-jobs.ts';

const BASE = resolve('/downloads');

test('what is there twice is taken once, and that is said once', () => {
  const notices: string[] = [];
  const url = 'https://example.org/a';
  const jobs = prepareJobs(
    [url, 'https://example.org/b', url, { url }, { url, output: 'other' }, { url, directory: 'sub' }],
    BASE,
    (message) => notices.push(message),
  );
  assert.deepEqual(
    jobs.map(({ job, directory }) => [job.url, job.output, directory]),
    [
      [url, undefined, BASE],
      ['https://example.org/b', undefined, BASE],
      [url, 'other', BASE],
      [url, undefined, resolve(BASE, 'sub')],
    ],
  );
  assert.deepEqual(notices, ['2 downloads are there twice and will be made once.']);
});

test('a directory outside has to be named in full', () => {
  const one = (directory: string) =>
    prepareJobs([{ url: 'https://example.org/a', directory }], BASE, () => {});
  assert.equal(one('/elsewhere')[0]!.directory, resolve('/elsewhere'));
  assert.equal(one('..more')[0]!.directory, resolve(BASE, '..more'));
  assert.throws(() => one('../elsewhere'), { code: 'usage' });
});

test('what is no URL waits for its turn like the others, to be told then', () => {
  assert.deepEqual(
    prepareJobs(['nonsense', 'https://example.org:8443/a'], BASE, () => {}).map(({ host }) => host),
    ['', 'example.org:8443'],
  );
});
