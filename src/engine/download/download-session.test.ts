import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { assertSameBytes, fillUp, smallDisk, temporaryDirectory } from '../../testing/disk/parts.ts';
import { openSession } from '../../testing/engine/sessions.ts';
import {
  contentSha256,
  contentSlice,
  type OriginFile,
  startOrigin,
} from '../../testing/origin-server/origin-server.ts';
import { NOBODY } from './trust.ts';

const KIB = 1024;
const PIECE = 256 * KIB;
const SIZE = 8 * PIECE;
const FILE: OriginFile = { content: { seed: 'right', sizeBytes: SIZE } };
const SHA256 = contentSha256('right', SIZE);
const RIGHT = { algorithm: 'sha256', hex: SHA256, by: 'the publisher' } as const;
const WRONG = { ...RIGHT, hex: '0'.repeat(64) };

test('a fresh download is announced with nothing, and becomes a file with the right bytes', async (t) => {
  const directory = await temporaryDirectory(t);
  await using origin = await startOrigin({ files: { '/file.bin': FILE } });
  const { session, files, start } = await openSession(t, directory, origin.url(), { expected: [RIGHT] });
  assert.deepEqual(session.announcement().held, []);
  assert.equal(session.provenance.resumedBytes, 0);
  start();
  const { path, sha256 } = await files.first(() => true);
  assert.equal(sha256, SHA256);
  assertSameBytes(readFileSync(path), contentSlice('right', 0, SIZE));
  assert.ok(!existsSync(session.part.partPath));
});

test('whoever is broken off keeps what had arrived, and the next session announces and does not fetch it', async (t) => {
  const directory = await temporaryDirectory(t);
  await using origin = await startOrigin({ files: { '/file.bin': FILE } });
  origin.holdAfter(4 * PIECE);
  const first = await openSession(t, directory, origin.url());
  first.start();
  await first.kept(3);
  // The look at the file, and a request for each stream; one of these may still be on its way to the origin.
  const asked = 1 + first.commands.all.filter(({ type }) => type === 'fetch').length;
  await first.session[Symbol.asyncDispose]();
  assert.ok(origin.requests.length <= asked, 'what is broken off is not asked for again');
  const kept = first.session.part.held;
  origin.release();
  const servedBytes = origin.servedBytes();
  const second = await openSession(t, directory, origin.url(), { expected: [RIGHT] });
  assert.deepEqual(
    second.session.announcement().held.map(({ piece }) => piece),
    kept,
  );
  assert.equal(second.session.provenance.resumedBytes, kept.length * PIECE);
  second.start();
  assert.equal((await second.files.first(() => true)).sha256, SHA256);
  const againBytes = origin.servedBytes() - servedBytes;
  assert.ok(againBytes <= (8 - kept.length) * PIECE + 64 * KIB, `${againBytes} bytes were served`);
});

test('a file that is wrong because of a mirror is mended with what the first address has', async (t) => {
  const directory = await temporaryDirectory(t);
  const only = { longerThan: 64 * KIB } as const;
  // The first address breaks off once, so that the mirror goes on, which lies when it is believed.
  const breaks = { shortBody: PIECE, times: 1, only };
  const lies = { changedContent: { seed: 'wrong', sizeBytes: SIZE }, only };
  await using origin = await startOrigin({ files: { '/file.bin': { ...FILE, faults: breaks } } });
  await using mirror = await startOrigin({ files: { '/file.bin': { ...FILE, faults: lies } } });
  const options = { expected: [RIGHT], mirrors: [mirror.url()] };
  const { session, files, failures, events, told, start } = await openSession(
    t,
    directory,
    origin.url(),
    options,
  );
  start();
  await Promise.race([
    files.first(() => true),
    failures.first(() => true).then((error) => assert.fail(error)),
  ]);
  assert.equal(files.all[0]?.sha256, SHA256);
  const suspected = events.all.filter((event) => event.type === 'suspect');
  assert.equal(suspected.length, 1);
  const { pieces } = suspected[0]!;
  assert.ok(pieces.length > 0 && pieces.length < 8, `the pieces ${pieces} were suspected`);
  assert.ok(!pieces.includes(0), 'the first piece came from the first address');
  assert.match(
    told.all.map((event) => (event.type === 'notice' ? event.message : '')).join(),
    /fetched again/,
  );
  assert.equal(session.provenance.mirrored, undefined);
});

test('a file that is wrong and that nobody has right fails, and what is there stays', async (t) => {
  const directory = await temporaryDirectory(t);
  await using origin = await startOrigin({ files: { '/file.bin': FILE } });
  const { session, files, failures, start } = await openSession(t, directory, origin.url(), {
    expected: [WRONG],
  });
  start();
  assert.equal((await failures.first(() => true)).code, 'digest-mismatch');
  assert.deepEqual(files.all, []);
  assert.ok(existsSync(session.part.partPath));
  assert.ok(!existsSync(session.part.targetPath));
});

test('a digest that is found beside the file while it downloads counts', async (t) => {
  const directory = await temporaryDirectory(t);
  const beside = (hex: string): OriginFile => ({ content: Buffer.from(`${hex}  file.bin\n`) });
  await using origin = await startOrigin({
    files: { '/file.bin': FILE, '/file.bin.sha256': beside(SHA256) },
  });
  const good = await openSession(t, directory, origin.url(), { lookUpDigests: true });
  assert.equal(good.session.trust([], NOBODY).kind, 'self-verified');
  good.start();
  await good.files.first(() => true);
  assert.equal(good.session.trust([], NOBODY).kind, 'publisher-verified');
  origin.set('/file.bin.sha256', beside(WRONG.hex));
  const bad = await openSession(t, await temporaryDirectory(t), origin.url(), { lookUpDigests: true });
  bad.start();
  assert.equal((await bad.failures.first(() => true)).code, 'digest-mismatch');
});

test('a disk that fails ends the download once, with the error of the disk', async (t) => {
  const directory = await smallDisk(t, 'size=3m');
  if (directory === undefined) return;
  await using origin = await startOrigin({ files: { '/file.bin': FILE } });
  origin.hold();
  const dataDir = await temporaryDirectory(t);
  const { session, events, failures, files, start } = await openSession(t, directory, origin.url(), {
    dataDir,
  });
  start();
  const other = fillUp(directory, PIECE);
  origin.release();
  const error = await failures.first(() => true);
  await session[Symbol.asyncDispose]();
  assert.equal(error.code, 'disk-full');
  assert.equal(events.all.filter(({ type }) => type === 'failed').length, 1);
  assert.deepEqual(files.all, []);
  await rm(other);
});

test('commands that come when the session is closed do nothing', async (t) => {
  const directory = await temporaryDirectory(t);
  await using origin = await startOrigin({ files: { '/file.bin': FILE } });
  origin.holdAfter(4 * PIECE);
  const { session, download, commands, kept, start } = await openSession(t, directory, origin.url());
  start();
  await kept(2);
  const fetch = commands.all.find((command) => command.type === 'fetch')!;
  await session[Symbol.asyncDispose]();
  const requests = origin.requests.length;
  const bytes = readFileSync(session.part.partPath);
  for (const command of [
    fetch,
    { type: 'trim', download, stream: 1, end: 10 },
    { type: 'stop-fetch', download, stream: 1 },
    { type: 'hash', download, piece: 7 },
    { type: 'unkeep', download, piece: 0 },
    { type: 'set-size', download, sizeBytes: SIZE },
  ] as const)
    session.execute(command);
  assert.equal(await session.finish(), undefined);
  await session[Symbol.asyncDispose]();
  assert.equal(origin.requests.length, requests);
  assertSameBytes(readFileSync(session.part.partPath), bytes);
});
