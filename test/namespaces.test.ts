import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { Workbench } from '../lab/machine/workbench.ts';
import { runPool } from '../lab/runs/run-pool.ts';
import type { PoolScenario } from '../lab/runs/scenarios.ts';

/** Why namespaces cannot be used here; false when they can. */
function obstacle(): string | false {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const program of ['ip', 'tc', 'nginx']) {
    if (spawnSync(program, ['-V']).error) return `${program} is not installed`;
  }
  const probe = `dl-${process.pid}-probe`;
  if (spawnSync('ip', ['netns', 'add', probe]).status !== 0)
    return 'this machine does not let namespaces be made';
  spawnSync('ip', ['netns', 'delete', probe]);
  return false;
}

const skip = obstacle();

const pool = (changes: Partial<PoolScenario>): PoolScenario => ({
  kind: 'pool',
  wanMbit: [40, 40],
  lanMbit: 1000,
  seconds: 4,
  atMost: 1.05,
  originLimit: 1.02,
  ...changes,
});

test('members on links of their own share a file, and swap over the LAN only', { skip }, async () => {
  using bench = new Workbench(tmpdir());
  // It throws when a file is not the origin's.
  const row = await runPool(bench, 'two', pool({}));
  assert.deepEqual(row.exits, [0, 0]);
  assert.deepEqual(row.faults ?? [], [], 'nothing but acknowledgements went up a WAN link');
  assert.ok(row.originShare! < 1.1, `the origin sent ${row.originShare} of the file`);
  assert.ok(row.jain! > 0.8, `Jain index ${row.jain}`);
});

test('the others finish when the host is killed, each on a link of its own', { skip }, async () => {
  using bench = new Workbench(tmpdir());
  const row = await runPool(
    bench,
    'killed',
    pool({ wanMbit: [40, 40, 40], seconds: 10, atHalf: { kill: 0 } }),
  );
  assert.deepEqual(row.exits, ['SIGKILL', 0, 0]);
  assert.deepEqual(row.faults ?? [], []);
});
