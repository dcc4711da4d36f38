import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { LogEntry } from '../../testing/contract/checked-core.ts';
import { temporaryDirectory } from '../../testing/disk/parts.ts';
import { openSession } from '../../testing/engine/sessions.ts';
import { type OriginFile, startOrigin } from '../../testing/origin-server/origin-server.ts';

// The engine as the world of a core: a real part file, a real origin, and the checks of the contract round the core.

const FILE: OriginFile = { content: { seed: 'contract', sizeBytes: 2 * 1024 * 1024 } };

function commandsOf<T extends Command['type']>(
  log: readonly LogEntry[],
  type: T,
): Extract<Command, { type: T }>[] {
  return log.flatMap((entry) =>
    'command' in entry && entry.command.type === type ? [entry.command as Extract<Command, { type: T }>] : [],
  );
}

test('a download is fetched, hashed, journaled, kept and finished in the order of the contract', async (t) => {
  await using origin = await startOrigin({ files: { '/file.bin': FILE } });
  const opened = await openSession(t, await temporaryDirectory(t), origin.url());
  const { log, files, failures } = opened;
  opened.start();
  await Promise.race([
    files.first(() => true),
    failures.first(() => true).then((error) => assert.fail(error)),
  ]);
  const kept = log.filter((entry) => 'event' in entry && entry.event.type === 'kept').length;
  assert.ok(kept > 1);
  assert.equal(commandsOf(log, 'sign').length, kept);
  assert.equal(commandsOf(log, 'done').length, 1);
  assert.deepEqual(commandsOf(log, 'failed'), []);
});

for (const operation of ['hash', 'keep', 'finish'] as const) {
  test(`a disk that fails to ${operation} ends the download once, with its own error`, async (t) => {
    await using origin = await startOrigin({ files: { '/file.bin': FILE } });
    const opened = await openSession(t, await temporaryDirectory(t), origin.url());
    const { session, log, failures, files } = opened;
    const full = new DragonloadError('disk-full', 'The disk is full.');
    t.mock.method(session.part, operation, () => Promise.reject(full));
    opened.start();
    assert.equal(await failures.first(() => true), full);
    await session[Symbol.asyncDispose]();
    assert.deepEqual(
      commandsOf(log, 'failed').map(({ reason }) => reason),
      [full],
    );
    assert.deepEqual(commandsOf(log, 'done'), []);
    assert.deepEqual(files.all, []);
    if (operation !== 'finish')
      assert.ok(log.every((entry) => !('event' in entry && entry.event.type === 'kept')));
  });
}

test('after leaving, answers that come late or once more make the core do nothing', async (t) => {
  await using origin = await startOrigin({ files: { '/file.bin': FILE } });
  const { session, driver, log, kept, start } = await openSession(
    t,
    await temporaryDirectory(t),
    origin.url(),
  );
  start();
  await kept(1);
  driver.dispatch({ type: 'leave' });
  await session[Symbol.asyncDispose]();
  const commands = log.filter((entry) => 'command' in entry).length;
  const ignored = new Set([
    'add-download',
    'probe-done',
    'origin-ended',
    'size-known',
    'network-changed',
    'tick',
  ]);
  const again = log.flatMap((entry) =>
    'event' in entry && ignored.has(entry.event.type) ? [entry.event] : [],
  );
  assert.ok(again.some(({ type }) => type === 'origin-ended'));
  for (const event of [...again, ...again]) driver.dispatch(event);
  driver.dispatch({ type: 'network-changed' });
  assert.equal(log.filter((entry) => 'command' in entry).length, commands);
});
