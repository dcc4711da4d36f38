import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OriginServer } from '../../src/testing/origin-server/origin-server.ts';
import type { Outcome, Row } from './matrix-row.ts';
import { type Member, sha256Of, until } from './members.ts';

/** It ends. */
export async function ended(member: Member, origins: readonly OriginServer[]): Promise<void> {
  await until(
    () => member.hasEnded,
    () => `${member.describe('HANGS')}\n${toldOf(origins)}`,
  );
}

/** The room is there with all its members, unless it is right that the host fails before it opens one. */
export function checkRoom(members: readonly Member[], expected: number, outcome: Outcome): void {
  const [host] = members;
  if (typeof outcome === 'string' || outcome.includes('done'))
    assert.equal(members.length, expected, host!.describe('was ALONE: it has met the fault without a room'));
}

/**
 * Whatever has its final name is right, and whoever ends well has such a file; a part of an older state of the file keeps the
 * name of a part.
 */
export async function checkFiles(member: Member, right: string): Promise<void> {
  const names = readdirSync(member.directory).filter((name) => !/\.dragonload(\.old-\d+)?$/.test(name));
  for (const name of names) {
    const sha256 = await sha256Of(join(member.directory, name));
    assert.equal(sha256, right, member.describe(`has a WRONG FILE under the name ${name}`));
  }
  if (member.code === 0)
    assert.equal(names.length, 1, member.describe(`ended well with the files [${names}]`));
}

/** The fault was met: a download that it never touched would say nothing. */
export function checkMet(row: Row, origin: OriginServer): void {
  if (row.faults !== undefined) assert.ok(origin.faultsMet > 0, `nobody met the fault:\n${toldOf([origin])}`);
}

/** It ends as expected, and says what has to be said. */
export function checkEnd(member: Member, outcome: Outcome): void {
  const error = member.events.findLast((event) => event.event === 'error');
  if (typeof outcome === 'string' || (outcome.includes('done') && member.code === 0)) {
    assert.equal(member.code, 0, member.describe(`failed with ${error?.code}: it should have finished`));
    assert.ok(
      member.events.some((event) => event.event === 'done'),
      member.describe('ended without done'),
    );
    return;
  }
  assert.ok(error !== undefined, member.describe(`ended without an error, expected ${outcome}`));
  const { code = '', message = '', next = '' } = error;
  assert.ok(
    (outcome as readonly string[]).includes(code),
    member.describe(`failed with ${code}, not ${outcome}`),
  );
  assert.equal(member.code, 1, member.describe('has the wrong exit code'));
  assert.ok(message !== '' && next !== '', member.describe('says too little'));
}

/** Nothing was fetched twice without need: at most `budget` bytes more than one file. */
export function checkWaste(
  sizeBytes: number,
  members: readonly Member[],
  origins: readonly OriginServer[],
  budget: number,
): void {
  const served = origins.reduce((sum, origin) => sum + origin.servedBytes(), 0);
  const failed = members.some((member) => member.code !== 0);
  const twice = origins.reduce((sum, origin) => sum + origin.duplicateBytes(), 0);
  const waste = failed ? twice : Math.max(twice, served - sizeBytes);
  const says = members.map((member) => member.describe('says')).join('\n');
  assert.ok(
    waste <= budget,
    `${waste} bytes WASTED, more than ${Math.round(budget)}:\n${toldOf(origins)}\n${says}`,
  );
}

/** What the origins were asked for, a line for each request. */
function toldOf(origins: readonly OriginServer[]): string {
  const lines = origins
    .flatMap((origin) => origin.requests)
    .map(({ status, headers, path, clientPort, sent }) => {
      const bytes = sent === undefined ? 0 : sent.end - sent.start;
      return `${status} ${path} ${headers.range ?? 'whole'} :${clientPort} ${bytes}`;
    });
  return [...lines.slice(0, 40), ...lines.slice(40).slice(-40)].join('\n');
}
