import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskError } from './disk-error.ts';

const failed = (code: string) => diskError(Object.assign(new Error(code), { code }), '/d/f');

test('a failed file operation says where, what failed and what to do', () => {
  const steps = {
    ENOSPC: ['disk-full', 'free-space'],
    EFBIG: ['unwritable', 'choose-disk'],
    EACCES: ['unwritable', 'choose-directory'],
    ENAMETOOLONG: ['unwritable', 'choose-path'],
    EIO: ['unwritable', 'check-disk'],
  };
  for (const [code, expected] of Object.entries(steps)) {
    const error = failed(code);
    assert.deepEqual([error.code, error.hint?.kind], expected);
    assert.deepEqual(error.facts, { path: '/d/f' });
    assert.match(error.message, /\/d\/f/);
  }
});

test('what no disk says is a mistake of the program', () => {
  assert.equal(failed('EWHAT').code, 'internal');
});
