import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_SOURCES } from '../messages.ts';
import { SourceList } from './source-list.ts';

const urls = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => `https://mirror${from + i}.example/f`);

test('what is new is returned once', () => {
  const list = new SourceList();
  assert.deepEqual(list.add(urls(2), 'a', 0), urls(2));
  assert.deepEqual(list.add(urls(3), 'b', 0), urls(1, 2));
  assert.deepEqual(list.urls, urls(3));
});

test('the address of the offer is no further one, whenever it becomes known', () => {
  const list = new SourceList();
  list.add(urls(2), undefined, 0);
  list.offered(urls(1)[0]!);
  assert.deepEqual(list.urls, urls(1, 1));
  assert.deepEqual(list.add(urls(1), 'a', 0), []);
});

test('a fragment does not make another address', () => {
  const list = new SourceList();
  assert.deepEqual(list.add(['https://a.example/f#one', 'https://a.example/f#two'], 'a', 0), [
    'https://a.example/f',
  ]);
});

test('what is no address of the web is passed over', () => {
  const list = new SourceList();
  const bad = [
    'file:///etc/passwd',
    'ftp://a.example/f',
    'https://',
    'http:///f',
    'http://a b/',
    `http://a/${'x'.repeat(9_000)}`,
  ];
  assert.deepEqual(list.add(bad, undefined, 0), []);
});

test('there are never more than the limit, and what members said makes room before what the user said', () => {
  const list = new SourceList();
  list.add(['https://mine.example/f'], undefined, 0);
  for (const from of ['a', 'b', 'c']) list.add(urls(MAX_SOURCES, 100 * from.charCodeAt(0)), from, 0);
  assert.ok(list.urls.length < MAX_SOURCES);
  assert.equal(list.urls[0], 'https://mine.example/f');
  assert.equal(list.urls.at(-1), `https://mirror${100 * 99 + MAX_SOURCES - 1}.example/f`);
});

test('an address that the user repeats becomes the word of the user', () => {
  const list = new SourceList();
  list.add(urls(2), 'a', 0);
  list.add(urls(1), undefined, 0);
  assert.deepEqual([...list.byMember()], [['a', urls(1, 1)]]);
});

test('a member may name so many at once, and one more each ten seconds', () => {
  const list = new SourceList();
  for (const from of [0, 100]) assert.equal(list.add(urls(MAX_SOURCES, from), 'a', 0).length > 0, true);
  assert.deepEqual(list.add(urls(1, 500), 'a', 9_999), []);
  assert.deepEqual(list.add(urls(2, 600), 'a', 10_000), urls(1, 601), 'the newest comes first');
  assert.deepEqual(list.add(urls(1, 700), 'b', 10_000), urls(1, 700), 'each has an allowance of its own');
});

test('an allowance does not grow beyond its limit, however long a member was silent', () => {
  const list = new SourceList();
  const dayMs = 86_400_000;
  list.add(urls(1), 'a', 0);
  const isTaken = [100, 200, 300].map((from) => list.add(urls(MAX_SOURCES, from), 'a', dayMs).length > 0);
  assert.deepEqual(isTaken, [true, true, false]);
});

test('what members say has a place however many addresses the user knows, and no more than its share of the places', () => {
  const list = new SourceList();
  list.add(urls(MAX_SOURCES), undefined, 0);
  assert.deepEqual(list.add(urls(1, 500), 'a', 0), urls(1, 500));
  list.add(urls(MAX_SOURCES, 600), 'a', 0);
  assert.equal(list.byMember().get('a')!.length, MAX_SOURCES / 4);
  assert.equal(list.urls.length, MAX_SOURCES - 1);
});
