import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Geometry } from '../geometry.ts';
import type { Report } from '../messages.ts';
import { Planner } from './planner.ts';

const MIB = 1024 * 1024;

function report(fields: Partial<Report>): Report {
  return {
    type: 'report',
    epoch: 1,
    download: 'd',
    originRate: MIB,
    canFetch: true,
    wants: 1,
    seenLease: 0,
    leases: [],
    ...fields,
  };
}

test('a member that stands still gains no time by a rate that falls because of it', () => {
  const planner = new Planner({
    download: 'd',
    epoch: 1,
    geometry: new Geometry(MIB, MIB),
    sequential: false,
    graceUntilMs: 0,
  });
  planner.memberUp('still', 0);
  planner.report('still', report({}), 0);
  const [command] = planner.drain();
  const lease = command?.type === 'grant' ? command.lease.lease : assert.fail('nothing was granted');
  planner.memberUp('good', 0);
  let revokedMs: number | undefined;
  let seenLease = 0;
  for (let nowMs = 250; nowMs <= 20_000; nowMs += 250) {
    const leases = [{ lease, start: 0, end: MIB, receivedBytes: 1_000_000 }];
    const originRate = MIB * 0.5 ** (nowMs / 500);
    const isOver = revokedMs !== undefined;
    planner.report(
      'still',
      report({ wants: 0, seenLease: lease, originRate, leases: isOver ? [] : leases }),
      nowMs,
    );
    planner.report('good', report({ seenLease }), nowMs);
    for (const { type, to, ...rest } of planner.drain()) {
      if (type === 'revoke' && to === 'still') revokedMs ??= nowMs;
      if ('lease' in rest && typeof rest.lease === 'object' && to === 'good') seenLease = rest.lease.lease;
    }
  }
  assert.ok(revokedMs !== undefined && revokedMs <= 4_000, `revoked at ${revokedMs} ms`);
});
