import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathOfOwn, putProgram, witness } from '../testing/system/programs.ts';
import { HookQueue } from './hook-queue.ts';

function fileNumber(number: number) {
  return { path: `/x/${number}`, sizeBytes: number, trust: 'self-verified' };
}

test('four run at once and no more, in the order of the files, and all have their turn', async (t) => {
  const path = await pathOfOwn(t);
  const log = join(path, 'log');
  // Nothing ends before four have begun: with fewer at once, this would never end.
  await putProgram(
    path,
    'done',
    `echo "+ $DRAGONLOAD_SIZE" >>"${log}"
    until [ "$(grep -c + "${log}")" -ge 4 ]; do sleep 0.01; done
    sleep 0.1
    echo "- $DRAGONLOAD_SIZE" >>"${log}"`,
  );
  const queue = new HookQueue('done');
  const outcomes = Array.from({ length: 14 }, (_, number) => queue.run(fileNumber(number)));
  await queue.settled();
  assert.ok((await Promise.all(outcomes)).every(({ kind }) => kind === 'done'));
  let running = 0;
  let most = 0;
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  for (const line of lines) {
    running += line.startsWith('+') ? 1 : -1;
    most = Math.max(most, running);
  }
  assert.equal(lines.length, 28);
  assert.equal(most, 4);
  const firstFour = lines.slice(0, 4).toSorted();
  assert.deepEqual(firstFour, ['+ 0', '+ 1', '+ 2', '+ 3']);
});

test('one that fails holds up no other', async (t) => {
  const path = await pathOfOwn(t);
  await putProgram(path, 'done', 'exit $((DRAGONLOAD_SIZE % 2))');
  const queue = new HookQueue('done');
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, number) => queue.run(fileNumber(number))),
  );
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    Array.from({ length: 10 }, (_, number) => (number % 2 === 0 ? 'done' : 'failed')),
  );
});

test('aborted, those that run end and those that wait are not begun', async (t) => {
  const path = await pathOfOwn(t);
  const seen = witness(path);
  await putProgram(path, 'done', `exec 3>>"${seen.file}"; echo up >&3; exec sleep 600`);
  const stop = new AbortController();
  const queue = new HookQueue('done', { signal: stop.signal });
  const outcomes = Array.from({ length: 1_000 }, (_, number) => queue.run(fileNumber(number)));
  for (let begun = 0; begun < 4; begun++) assert.equal(await seen.line(), 'up');
  stop.abort();
  await queue.settled();
  assert.ok((await Promise.all(outcomes)).every(({ kind }) => kind === 'aborted'));
  assert.equal(await seen.line(), undefined);
});

test('with nothing to run, it is settled', async () => {
  await new HookQueue('done').settled();
});
