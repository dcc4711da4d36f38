import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceAttribution } from './source-attribution.ts';

test('those who brought doubted bytes are suspects for these, and for no others', () => {
  const brought = new SourceAttribution<string>();
  brought.note({ start: 0, end: 100 }, 'a');
  brought.note({ start: 100, end: 200 }, 'b');
  assert.deepEqual(brought.suspectsFor({ start: 0, end: 200 }), new Set());
  brought.doubt({ start: 90, end: 110 });
  assert.deepEqual(brought.suspectsFor({ start: 0, end: 200 }), new Set(['a', 'b']));
  assert.deepEqual(brought.suspectsFor({ start: 0 }), new Set(['a', 'b']));
  assert.deepEqual(brought.suspectsFor({ start: 0, end: 90 }), new Set());
  brought.doubt({ start: 150, end: 160 });
  assert.deepEqual(brought.suspectsFor({ start: 150, end: 151 }), new Set(['b']));
});

test('whoever brings doubted bytes once more is a suspect too', () => {
  const brought = new SourceAttribution<string>();
  brought.note({ start: 0, end: 100 }, 'a');
  brought.doubt({ start: 0, end: 10 });
  brought.note({ start: 0, end: 10 }, 'b');
  assert.deepEqual(brought.suspectsFor({ start: 0, end: 10 }), new Set(['a', 'b']));
});

test('what a source brought is its share of the file until it is fetched again', () => {
  const brought = new SourceAttribution<string>();
  brought.note({ start: 0, end: 100 }, 'a');
  brought.note({ start: 50, end: 150 }, 'b');
  brought.note({ start: 150, end: 150 }, 'c');
  const share = (...names: string[]) => [...brought.shareOf((name) => names.includes(name))];
  assert.deepEqual(share('a', 'b'), [{ start: 0, end: 150 }]);
  assert.deepEqual([share('b'), brought.sources], [[{ start: 50, end: 150 }], ['a', 'b']]);
  brought.doubt({ start: 0, end: 100 });
  assert.deepEqual([share('a'), share('b'), brought.sources], [[], [{ start: 100, end: 150 }], ['b']]);
});

test('only the newest transfers are remembered', () => {
  const brought = new SourceAttribution<number>();
  for (let at = 0; at < 20_000; at++) brought.note({ start: at, end: at + 1 }, at);
  brought.doubt({ start: 0, end: 20_000 });
  const suspects = brought.suspectsFor({ start: 0, end: 20_000 });
  assert.ok(suspects.size <= 16_384 && suspects.has(19_999) && !suspects.has(0));
});
