import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { contentSha256 } from './content.ts';
import { MIB } from './file.ts';
import { type Column, extraIn, onOneSide, outcomeIn, type Row } from './matrix-row.ts';
import { type Member, sha256Of, until } from './members.ts';
import {
  type OriginFile,
  type OriginServer,
  type OriginServerOptions,
  startOrigin,
} from './origin-server.ts';
import { Stage } from './stage.ts';

export const SIZE_BYTES = 4 * MIB;
export const SEED = 'right';
/** What the origin has after it has changed. */
export const CHANGED = { seed: 'changed', sizeBytes: SIZE_BYTES };
const PATH = '/file.bin';
const HEADER = 'x-hit';
const PIECE_BYTES = 256 * 1024;
/** What the sockets of a transfer hold when it is given up. */
const IN_FLIGHT_BYTES = 128 * 1024;
/** The longest that the program itself waits for anything is 90 s: three times 30 s for an answer. */
const DEADLINE_MS = 150_000;

/** Runs one cell of the matrix, and checks what holds in each of them. */
export async function runCell(t: TestContext, row: Row, column: Column): Promise<void> {
  const isRoom = column === 'room' || column === 'one';
  const content = { seed: SEED, sizeBytes: SIZE_BYTES };
  const honest: OriginFile = { content, ...row.file };
  const rates = { ratePerConnection: (isRoom ? 1 : 2) * MIB };
  await using elsewhere =
    row.elsewhere && (await startOrigin({ ...rates, ...row.elsewhere, files: { [PATH]: honest } }));
  const faulty = faultyFile(row, column, honest, elsewhere);
  const server: OriginServerOptions = {
    ...rates,
    ...row.server,
    files: { [PATH]: column === 'resume' ? honest : faulty },
  };
  await using origin = await startOrigin(server);
  const stage = new Stage(t);
  const args = [
    ...(row.checksum ? ['--checksum', `sha256=${contentSha256(SEED, SIZE_BYTES)}`] : []),
    ...(column === 'one' ? ['--header', `${HEADER}: 1`] : []),
  ];
  // Each fault is met once: what a second try of the whole would bring is for other tests.
  if (!isRoom) args.push('--retries', '0');
  const options = { args, connections: row.connections ?? (isRoom ? 1 : 2) };

  if (column === 'resume') {
    const first = stage.get('ada', origin.url(), options);
    await first.until(() => origin.servedBytes() >= SIZE_BYTES / 3, 'a third');
    await first.kill();
    origin.set(PATH, faulty, { afresh: true });
  }
  const members = isRoom ? await room(stage, origin, options) : [stage.get('ada', origin.url(), options)];
  const outcome = outcomeIn(row, column);
  for (const member of members) await ended(member);
  for (const member of members) await checkFiles(member, outcome === 'new');
  for (const member of members) checkEnd(member, outcome);
  checkWaste(row, column, members, [origin, ...(elsewhere ? [elsewhere] : [])]);
}

function faultyFile(
  row: Row,
  column: Column,
  honest: OriginFile,
  elsewhere: OriginServer | undefined,
): OriginFile {
  const redirect = elsewhere && { redirectTo: elsewhere.url() };
  const faulty = redirect ? { ...row, faults: redirect } : row;
  const faults = column === 'one' ? onOneSide(faulty, HEADER) : (faulty.faults ?? {});
  return { ...honest, faults };
}

/** A host and two joiners; the host alone when it opens no room. */
async function room(
  stage: Stage,
  origin: OriginServer,
  options: { readonly args: readonly string[]; readonly connections: number },
): Promise<readonly Member[]> {
  const host = stage.host('ada', origin.url(), options);
  const link = () => host.events.find((event) => event.event === 'invite')?.link;
  await until(
    () => link() !== undefined || host.hasEnded,
    () => host.describe('neither opened a room nor ended'),
    DEADLINE_MS,
  );
  const invite = link();
  if (invite === undefined) return [host];
  return [host, stage.join('bob', invite, options), stage.join('mia', invite, options)];
}

async function ended(member: Member): Promise<void> {
  await until(
    () => member.hasEnded,
    () => member.describe(`HANGS: has not ended in ${DEADLINE_MS / 1000} s`),
    DEADLINE_MS,
  );
}

/** Whatever has its final name is right. */
async function checkFiles(member: Member, isNew: boolean): Promise<void> {
  const right = isNew ? contentSha256(CHANGED.seed, CHANGED.sizeBytes) : contentSha256(SEED, SIZE_BYTES);
  for (const name of readdirSync(member.directory)) {
    if (name.endsWith('.dragonload')) continue;
    const sha256 = await sha256Of(join(member.directory, name));
    assert.equal(sha256, right, member.describe(`has a WRONG FILE under the name ${name}`));
  }
}

function checkEnd(member: Member, outcome: ReturnType<typeof outcomeIn>): void {
  const error = member.events.findLast((event) => event.event === 'error');
  if (outcome === 'done' || outcome === 'new') {
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

function checkWaste(
  row: Row,
  column: Column,
  members: readonly Member[],
  origins: readonly OriginServer[],
): void {
  const extra = extraIn(row, column);
  const connections = (row.connections ?? 2) * members.length;
  // A kill loses the pieces that were on their way, one for each connection.
  const lost = column === 'resume' ? connections * PIECE_BYTES : 0;
  const inFlight = connections * IN_FLIGHT_BYTES;
  const budget = 0.02 * SIZE_BYTES + lost + inFlight + (extra?.files ?? 0) * SIZE_BYTES + (extra?.bytes ?? 0);
  const served = origins.reduce((sum, origin) => sum + origin.servedBytes(PATH), 0);
  const failed = members.some((member) => member.code !== 0);
  const twice = origins.reduce((sum, origin) => sum + origin.duplicateBytes(PATH), 0);
  const waste = failed ? twice : Math.max(twice, served - SIZE_BYTES);
  const requests = origins
    .flatMap((origin) => origin.requests)
    .map(
      (one) =>
        `${one.status} ${one.headers.range ?? 'whole'} ${one.sent ? one.sent.end - one.sent.start : 0}`,
    );
  assert.ok(
    waste <= budget,
    `${waste} bytes WASTED, more than ${Math.round(budget)}:\n${requests.slice(0, 60).join('\n')}`,
  );
}
