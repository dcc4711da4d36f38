import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Announcer } from './announcer.ts';

test('pieces that come close together are announced together, in order', () => {
  const announcer = new Announcer();
  announcer.add(7, true, 100);
  announcer.add(3, true, 110);
  assert.equal(announcer.deadline, 120);
  assert.equal(announcer.take(119, false), undefined);
  assert.deepEqual(announcer.take(120, false), [3, 7]);
  assert.equal(announcer.deadline, undefined);
  assert.equal(announcer.take(200, true), undefined);
});

test('what others have as well can wait longer, but goes along with what nobody has', () => {
  const announcer = new Announcer();
  announcer.add(1, false, 0);
  assert.equal(announcer.deadline, 150);
  announcer.add(2, true, 10);
  assert.equal(announcer.deadline, 30);
  announcer.add(3, false, 20);
  assert.deepEqual(announcer.take(30, false), [1, 2, 3]);
});

test('what is urgent does not wait', () => {
  const announcer = new Announcer();
  announcer.add(7, true, 100);
  assert.deepEqual(announcer.take(100, true), [7]);
});
