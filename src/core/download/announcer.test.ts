import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Announcer } from './announcer.ts';

test('what nobody else has is announced at once, what comes close after it together and in order', () => {
  const announcer = new Announcer();
  announcer.add(9, true, 100);
  assert.deepEqual(announcer.take(100, false), [9]);
  announcer.add(7, true, 110);
  announcer.add(3, true, 120);
  assert.equal(announcer.deadline, 150);
  assert.equal(announcer.take(149, false), undefined);
  assert.deepEqual(announcer.take(150, false), [3, 7]);
  assert.equal(announcer.deadline, undefined);
  assert.equal(announcer.take(200, true), undefined);
});

test('what others have as well can wait longer, but goes along with what nobody has', () => {
  const announcer = new Announcer();
  announcer.add(1, false, 0);
  assert.equal(announcer.deadline, 150);
  announcer.add(2, true, 10);
  announcer.add(3, false, 10);
  assert.deepEqual(announcer.take(10, false), [1, 2, 3]);
});

test('what is urgent does not wait', () => {
  const announcer = new Announcer();
  announcer.add(7, true, 100);
  assert.deepEqual(announcer.take(100, true), [7]);
});
