import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { TestContext } from 'node:test';
import { command } from './command.ts';
import { contentSha256 } from './content.ts';
import { MIB } from './file.ts';
import { type Column, extraIn, isLater, type Outcome, onOneSide, outcomeIn, type Row } from './matrix-row.ts';
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
const FRESH_PATH = '/fresh.bin';
/** What tells people how to give a fresh link to a download that waits for one. */
const NEEDS_LINK = /waits for a fresh one: dragonload refresh (\d+) URL/;
const HEADER = 'x-hit';
const PIECE_BYTES = 256 * 1024;
/** With so much in the journal a first run is killed. */
const HELD_BYTES = SIZE_BYTES / 4;
/** What the sockets of a transfer hold when it is given up. */
const IN_FLIGHT_BYTES = 128 * 1024;
/** The longest that the program itself waits for anything is 90 s: three times 30 s for an answer. */
const DEADLINE_MS = 150_000;

/** Runs one cell of the matrix, and checks what holds in each of them. */
export async function runCell(t: TestContext, row: Row, column: Column): Promise<void> {
  const isRoom = column === 'room' || column === 'one';
  const delays = monitorEventLoopDelay();
  delays.enable();
  const content = { seed: SEED, sizeBytes: SIZE_BYTES };
  const honest: OriginFile = { content, ...row.file };
  const bytesPerSecond = (isRoom ? 1 : 2) * MIB;
  const rates = { ratePerConnection: bytesPerSecond };
  await using elsewhere =
    row.elsewhere && (await startOrigin({ ...rates, ...row.elsewhere, files: { [PATH]: honest } }));
  // The host of a room is hit when the others are there; before, it would be alone.
  const beginsHonest = column === 'resume' || (column === 'one' && isLater(row));
  const faulty = faultyFile(row, column, honest, elsewhere);
  const server: OriginServerOptions = {
    ...rates,
    ...row.server,
    files: { [PATH]: beginsHonest ? honest : faulty },
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

  let lostBytes = 0;
  if (column === 'resume') {
    const first = stage.get('ada', origin.url(), options);
    await first.until(
      () => heldBytes(stage.home('ada')) >= HELD_BYTES,
      'a quarter of the file in the journal',
    );
    await first.kill();
    lostBytes = origin.servedBytes() - heldBytes(stage.home('ada'));
    origin.set(PATH, faulty, { afresh: true });
  }
  const origins = [origin, ...(elsewhere ? [elsewhere] : [])];
  const isHere = () => {
    if (column === 'one' && beginsHonest) origin.set(PATH, faulty, { afresh: true });
    for (const one of origins) one.release();
  };
  const members = isRoom
    ? await room(stage, origins, options, isHere)
    : [stage.get('ada', origin.url(), options)];
  const outcomeOf = (member: Member) => outcomeIn(row, column, member === members[0]);
  if (outcomeOf(members[0]!) === 'waits') {
    origin.set(FRESH_PATH, honest);
    await refresh(stage, members, origin.url(FRESH_PATH));
  }
  for (const member of members) await ended(member, origins);
  for (const member of members) await checkFiles(member, outcomeOf(member) === 'new');
  for (const member of members) checkEnd(member, outcomeOf(member));
  delays.disable();
  // While a busy machine lets a member wait, the origin goes on sending to it.
  const unreadBytes = (delays.max / 1e9) * bytesPerSecond;
  const inFlightBytes = (row.connections ?? 2) * members.length * (IN_FLIGHT_BYTES + unreadBytes);
  checkWaste(members, origins, 0.02 * SIZE_BYTES + lostBytes + inFlightBytes + extraBytes(row, column));
}

/** What the journals of a member say is here: the header comes first, then a line for each piece. */
function heldBytes(home: string): number {
  const folder = join(home, 'data/journals');
  try {
    const journals = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
    const lines = journals.map((name) => readFileSync(join(folder, name), 'utf8').split('\n').length - 2);
    return lines.reduce((sum, pieces) => sum + Math.max(0, pieces), 0) * PIECE_BYTES;
  } catch {
    return 0;
  }
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

/** A host and two joiners, who are all there before the origins send much; the host alone when it opens no room. */
async function room(
  stage: Stage,
  origins: readonly OriginServer[],
  options: { readonly args: readonly string[]; readonly connections: number },
  /** Called when all are there. */
  isHere: () => void,
): Promise<readonly Member[]> {
  for (const origin of origins) origin.hold();
  const host = stage.host('ada', origins[0]!.url(), options);
  const link = () => host.events.find((event) => event.event === 'invite')?.link;
  await until(
    () => link() !== undefined || host.hasEnded,
    () => host.describe('neither opened a room nor ended'),
    DEADLINE_MS,
  );
  const invite = link();
  if (invite === undefined) return [host];
  const members = [host, stage.join('bob', invite, options), stage.join('mia', invite, options)];
  const joined = () => host.events.filter(({ event, change }) => event === 'member' && change === 'joined');
  await until(
    () => joined().length >= 2 || members.some((member) => member.hasEnded),
    () => host.describe('was not joined by two others'),
    DEADLINE_MS,
  );
  isHere();
  return members;
}

/** Gives a fresh link to the first member when all have said that they wait for one. */
async function refresh(stage: Stage, members: readonly Member[], url: string): Promise<void> {
  for (const member of members)
    await member.until(() => member.hasEnded || NEEDS_LINK.test(member.log), 'that it waits for a link');
  const [host] = members;
  const id = NEEDS_LINK.exec(host!.log)?.[1] ?? assert.fail(host!.describe('does not wait for a fresh link'));
  const { code, stderr } = await command(stage, host!.name, 'refresh', id, url);
  assert.equal(code, 0, stderr);
}

async function ended(member: Member, origins: readonly OriginServer[]): Promise<void> {
  await until(
    () => member.hasEnded,
    () => `${member.describe(`HANGS: has not ended in ${DEADLINE_MS / 1000} s`)}\n${toldOf(origins)}`,
    DEADLINE_MS,
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

/** Whatever has its final name is right; a part of an older state of the file keeps the name of a part. */
async function checkFiles(member: Member, isNew: boolean): Promise<void> {
  const right = isNew ? contentSha256(CHANGED.seed, CHANGED.sizeBytes) : contentSha256(SEED, SIZE_BYTES);
  for (const name of readdirSync(member.directory)) {
    if (/\.dragonload(\.old-\d+)?$/.test(name)) continue;
    const sha256 = await sha256Of(join(member.directory, name));
    assert.equal(sha256, right, member.describe(`has a WRONG FILE under the name ${name}`));
  }
}

function checkEnd(member: Member, outcome: Outcome): void {
  const error = member.events.findLast((event) => event.event === 'error');
  if (typeof outcome === 'string') {
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

function extraBytes(row: Row, column: Column): number {
  const { files = 0, bytes = 0 } = extraIn(row, column) ?? {};
  return files * SIZE_BYTES + bytes;
}

function checkWaste(members: readonly Member[], origins: readonly OriginServer[], budget: number): void {
  const served = origins.reduce((sum, origin) => sum + origin.servedBytes(), 0);
  const failed = members.some((member) => member.code !== 0);
  const twice = origins.reduce((sum, origin) => sum + origin.duplicateBytes(PATH), 0);
  const waste = failed ? twice : Math.max(twice, served - SIZE_BYTES);
  const says = members.map((member) => member.describe('says')).join('\n');
  assert.ok(
    waste <= budget,
    `${waste} bytes WASTED, more than ${Math.round(budget)}:\n${toldOf(origins)}\n${says}`,
  );
}
