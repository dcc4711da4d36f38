import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAlive, thisProcess } from './process.ts';

test('this process lives, also when the machine has another name by now', { skip: notLinux() }, () => {
  assert.equal(isAlive(thisProcess()), true);
  assert.equal(isAlive({ ...thisProcess(), host: 'an-older-name.local' }), true);
});

test('a process of this boot that has ended is dead, whatever the machine was called', {
  skip: notLinux(),
}, () => {
  const { began, pid } = thisProcess();
  const [boot] = began!.split('/');
  const ended = { pid, began: `${boot}/1`, host: 'an-older-name.local' };
  assert.equal(isAlive(ended), false);
});

test('one of another machine is taken to be alive', () => {
  assert.equal(isAlive({ pid: 1, began: 'another-boot/1', host: 'elsewhere' }), true);
});

/** Elsewhere nothing tells a boot. */
function notLinux(): string | false {
  return process.platform === 'linux' ? false : 'only Linux tells its boot';
}
