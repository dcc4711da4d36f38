import type { TestContext } from 'node:test';
import { contentSha256 } from '../../src/testing/origin-server/content.ts';
import {
  type OriginFaults,
  type OriginFile,
  OriginServer,
  type OriginServerOptions,
  startOrigin,
} from '../../src/testing/origin-server/origin-server.ts';
import { MIB } from './file.ts';
import { heldBytes } from './journal.ts';
import { checkEnd, checkFiles, checkMet, checkRoom, checkWaste, ended } from './matrix-checks.ts';
import { refresh, room } from './matrix-room.ts';
import { type Column, extraIn, isLater, isStream, onOneSide, outcomeIn, type Row } from './matrix-row.ts';
import type { Member } from './members.ts';
import { Stage } from './stage.ts';

export const SIZE_BYTES = 4 * MIB;
export const SEED = 'right';
/** What the origin has after it has changed. */
export const CHANGED = { seed: 'changed', sizeBytes: SIZE_BYTES };
const PATH = '/file.bin';
const FRESH_PATH = '/fresh.bin';
const HEADER = 'x-hit';
/** With so much in the journal a first run is killed. */
const HELD_BYTES = SIZE_BYTES / 4;
/** What is on its way over a connection when a transfer is given up: the window of a connection with such rates. */
const IN_FLIGHT_BYTES = 128 * 1024;

/** Runs one cell of the matrix, and checks what holds in each of them. */
export async function runCell(t: TestContext, row: Row, column: Column): Promise<void> {
  const isRoom = column === 'room' || column === 'one';
  const content = { seed: SEED, sizeBytes: SIZE_BYTES };
  const honest: OriginFile = { content, ...row.file };
  const bytesPerSecond = (isRoom ? 1 : 2) * MIB;
  const rates = { ratePerConnection: bytesPerSecond };
  await using elsewhere =
    row.elsewhere && (await startOrigin({ ...rates, ...row.elsewhere, files: { [PATH]: honest } }));
  // A room is hit by what begins later when all are there; before, its host would be alone.
  const beginsHonest = column === 'resume' || (isRoom && isLater(row));
  const faulty = faultyFile(row, column, honest, elsewhere);
  const server: OriginServerOptions = {
    ...rates,
    ...row.server,
    files: { [PATH]: beginsHonest ? honest : faulty },
  };
  await using origin = await startOrigin(server);
  await using mirror =
    row.mirror === true ? await startOrigin({ ...rates, files: { [PATH]: honest } }) : undefined;
  const stage = new Stage(t);
  const rightSha256 = contentSha256(SEED, SIZE_BYTES);
  const checksum = row.checksum ? ['--checksum', `sha256=${rightSha256}`] : [];
  const args = [
    ...checksum,
    ...(column === 'one' ? ['--header', `${HEADER}: 1`] : []),
    ...(mirror === undefined ? [] : ['--mirror', mirror.url()]),
    // Each fault is met once: what a second try of the whole would bring is for other tests.
    ...(isRoom ? [] : ['--retries', '0']),
  ];
  const connections = row.connections ?? (isRoom ? 1 : 2);
  const options = { args, connections };

  let lostBytes = 0;
  if (column === 'resume') {
    const first = stage.get('ada', origin.url(), options);
    await first.until(() => heldBytes(stage, 'ada') >= HELD_BYTES, 'a quarter of the file in the journal');
    await first.kill();
    lostBytes = origin.servedBytes() - heldBytes(stage, 'ada');
    origin.set(PATH, faulty, { afresh: true });
  }
  const origins = [origin, elsewhere, mirror].filter((one) => one instanceof OriginServer);
  const isHere = () => {
    if (isRoom && beginsHonest) origin.set(PATH, faulty, { afresh: true });
    for (const one of origins) one.release();
  };
  const members = isRoom
    ? await room(stage, origins, {
        host: options,
        joiners: column === 'room' ? ['bob', 'mia'] : ['bob'],
        joiner: { args: checksum, connections },
        isStream: isStream(row),
        isHere,
      })
    : [stage.get('ada', origin.url(), options)];
  if (isRoom) checkRoom(members, column === 'room' ? 3 : 2, outcomeIn(row, column, true));
  const outcomeOf = (member: Member) => outcomeIn(row, column, member === members[0]);
  if (outcomeOf(members[0]!) === 'waits') {
    origin.set(FRESH_PATH, honest);
    await refresh(stage, members, origin.url(FRESH_PATH));
  }
  for (const member of members) await ended(member, origins);
  const newSha256 = contentSha256(CHANGED.seed, CHANGED.sizeBytes);
  for (const member of members)
    await checkFiles(member, outcomeOf(member) === 'new' ? newSha256 : rightSha256);
  for (const member of members) checkEnd(member, outcomeOf(member));
  checkMet(row, origin);
  const inFlightBytes = (row.connections ?? 2) * members.length * IN_FLIGHT_BYTES;
  const budget = 0.02 * SIZE_BYTES + lostBytes + inFlightBytes + extraBytes(row, column);
  checkWaste(SIZE_BYTES, members, origins, budget);
}

function faultyFile(
  row: Row,
  column: Column,
  honest: OriginFile,
  elsewhere: OriginServer | undefined,
): OriginFile {
  const redirect = elsewhere && { redirectTo: elsewhere.url() };
  const faulty = redirect ? { ...row, faults: redirect } : row;
  const faults =
    column === 'one' ? onOneSide(faulty, HEADER) : ([faulty.faults ?? {}].flat() as OriginFaults[]);
  // All have looked at the file and asked for its first bytes by then: what comes next is later.
  const isNow = (column === 'room' || column === 'one') && isLater(row);
  return { ...honest, faults: isNow ? faults.map((one) => ({ ...one, after: 0 })) : faults };
}

function extraBytes(row: Row, column: Column): number {
  const { files = 0, bytes = 0 } = extraIn(row, column) ?? {};
  return files * SIZE_BYTES + bytes;
}
