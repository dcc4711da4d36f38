import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { Workbench } from '../lab/machine/workbench.ts';
import { jain } from '../lab/report/stats.ts';
import { MIB } from './support/file.ts';
import { until } from './support/members.ts';
import { NamespaceRoom } from './support/namespace-room.ts';

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

/** Acknowledgements of a download take 2 to 4% of its bytes; more than this means that pieces went out there. */
const ACKNOWLEDGED = 0.08;
const WAN_MBIT = 40;
const SLOW_WAN_MBIT = 4;
/** Odd: the last piece is a short one. */
const FILE_BYTES = 32 * MIB + 1;

/** Nothing but acknowledgements has left over the links to the origin. */
function swappedOverTheLan(room: NamespaceRoom): void {
  const carried = room.carried();
  const sum = (of: 'wanUp' | 'wanDown') => carried.reduce((total, links) => total + links[of], 0);
  const [up, down] = [sum('wanUp'), sum('wanDown')];
  assert.ok(up <= ACKNOWLEDGED * down, `${up} bytes went up the links to the origin, and ${down} came down`);
}

test('members on links of their own share a file, and swap over the LAN only', { skip }, async () => {
  using bench = new Workbench(tmpdir());
  const room = await NamespaceRoom.open(bench, { size: 2, wanMbit: WAN_MBIT, fileBytes: FILE_BYTES });
  await room.finish();
  swappedOverTheLan(room);
  const fetchedBytes = room.fetchedBytes();
  assert.ok(fetchedBytes < 1.1 * FILE_BYTES, `the origin sent ${fetchedBytes} of ${FILE_BYTES} bytes`);
  const shared = room.carried().map(({ lanUp }) => lanUp);
  assert.ok(jain(shared) > 0.8, `members passed on ${shared}, Jain index ${jain(shared)}`);
});

test('the others finish when the host is killed, each on a link of its own', { skip }, async () => {
  using bench = new Workbench(tmpdir());
  // So slow that the others cannot be done before the host is killed, however late a busy machine gets to it.
  const room = await NamespaceRoom.open(bench, { size: 3, wanMbit: SLOW_WAN_MBIT, fileBytes: FILE_BYTES });
  const [host, ...others] = room.members;
  await until(
    () => room.fetchedBytes() > FILE_BYTES / 8,
    () => `only ${room.fetchedBytes()} of ${FILE_BYTES} bytes were fetched`,
  );
  host!.running.child.kill('SIGKILL');
  assert.equal(await host!.running.exited, 'SIGKILL', 'it was still there');
  assert.ok(!others.some(({ events }) => events.some(({ event }) => event === 'done')), 'none was done');
  room.setWan(WAN_MBIT);
  await room.finish(others);
  swappedOverTheLan(room);
});
