import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandKind, checkLimit, checkPriority, checkState } from './rules.ts';

const STATES = ['waiting', 'running', 'paused', 'failed', 'done'] as const;

const REFUSED: Record<CommandKind, readonly string[]> = {
  pause: ['failed', 'done'],
  resume: ['done'],
  remove: [],
  refresh: ['done'],
  limit: ['done'],
  priority: ['done'],
};

for (const [kind, refused] of Object.entries(REFUSED) as [CommandKind, readonly string[]][]) {
  test(`${kind} is refused for what is ${refused.join(' or ') || 'in no state at all'}`, () => {
    for (const state of STATES) {
      if (!refused.includes(state)) checkState(kind, 7, state);
      else assert.throws(() => checkState(kind, 7, state), { code: 'wrong-state', message: /^Download 7 / });
    }
  });
}

test('a limit is none, or 1024 bytes per second and more', () => {
  for (const limit of [undefined, 1024, 1.5e9]) checkLimit(limit);
  for (const bad of [0, -1, Number.NaN, 1023, Number.POSITIVE_INFINITY])
    assert.throws(() => checkLimit(bad), { code: 'usage' });
});

test('a priority is a whole number from -1000 to 1000', () => {
  for (const priority of [-1000, 0, 1000]) checkPriority(priority);
  for (const bad of [-1001, 1001, 0.5, Number.NaN])
    assert.throws(() => checkPriority(bad), { code: 'usage' });
});
