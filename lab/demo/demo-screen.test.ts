import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Gauge, gaugeLine, gaugeWords } from './demo-screen.ts';

const gauge: Gauge = { name: 'joiner-2', sizeBytes: 28e6, ownBytes: 7e6, lanBytes: 14e6, done: false };

test('the bar shows own bytes, bytes from the others, and what is missing', () => {
  const line = gaugeLine(gauge);
  assert.match(line, /^ {2}joiner-2 {2}█{7}▒{14}·{7} {2}75%/);
  assert.ok(line.length <= 80, line);
});

test('only a member that is done is at 100%', () => {
  const all = { ...gauge, ownBytes: 9.4e6, lanBytes: 18.7e6 };
  assert.match(gaugeLine(all), / 99%/);
  assert.match(gaugeLine({ ...all, done: true }), /█{9}▒{19} 100%/);
});

test('words say the same', () => {
  assert.equal(gaugeWords(gauge), 'joiner-2 75% (7.0 MB own, 14.0 MB LAN)');
});
