import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import type { Member } from './support/members.ts';
import { Stage } from './support/stage.ts';

const FILE = knownFile('invited', MIB);
const WELL_FORMED = `dragon://join/v1/room?h=127.0.0.1:9&v=${'0'.repeat(64)}#k=AAAAAAAAAAAAAAAAAAAAAA`;

/** A host that stays, and its invite. */
async function openRoom(t: TestContext): Promise<{ stage: Stage; host: Member; invite: string }> {
  const origin = await startOrigin({ files: { '/file.bin': FILE } });
  const stage = new Stage(t);
  t.after(() => origin[Symbol.asyncDispose]());
  const host = stage.host('ada', origin.url(), { args: ['--stay'] });
  return { stage, host, invite: await host.invite() };
}

test('what is not an invite, or one that was cut or damaged, is wrong usage with a next step', async (t) => {
  const stage = new Stage(t);
  const links = [
    'hello',
    'https://example.org/file.bin',
    'dragon://',
    WELL_FORMED.replace('/v1/', '/v9/'),
    WELL_FORMED.replace('h=127.0.0.1:9&', ''),
    WELL_FORMED.replace('127.0.0.1:9', '127.0.0.1:99999'),
    WELL_FORMED.replace('v=00', 'v='),
    // As a shell cuts it, and as a copy that ends too early does.
    WELL_FORMED.slice(0, WELL_FORMED.indexOf('&')),
    WELL_FORMED.slice(0, -1),
    WELL_FORMED.replace('room', 'ro om'),
    `${WELL_FORMED}${'A'.repeat(5_000)}`,
  ];
  const members = links.map((link, index) => ({ link, member: stage.join(`guest ${index}`, link) }));
  for (const { link, member } of members) {
    const { message } = await member.fails('bad-invite', 2);
    assert.ok(!message!.includes('AAAAAAAA'), `the key is not shown: ${link}`);
  }
});

test('a wrong key, another vault and an unknown room are told apart', async (t) => {
  const { stage, host, invite } = await openRoom(t);
  const key = invite.slice(invite.indexOf('#k=') + 3);
  const wrongKey = invite.replace(key, `${key[0] === 'A' ? 'B' : 'A'}${key.slice(1)}`);
  const vault = /v=([0-9a-f]{64})/.exec(invite)![1]!;
  const wrongVault = invite.replace(vault, `${vault[0] === '0' ? '1' : '0'}${vault.slice(1)}`);
  const wrongRoom = invite.replace(/\/v1\/[^?]+/, '/v1/elsewhere');
  await Promise.all([
    stage.join('wrong key', wrongKey).fails('wrong-secret'),
    stage.join('wrong vault', wrongVault).fails('wrong-vault'),
    stage.join('wrong room', wrongRoom).fails('unknown-room'),
  ]);
  // The room has not suffered.
  await stage.join('bob', invite).finishes(FILE.sha256);
  assert.ok(!host.events.some(({ event }) => event === 'error'), host.describe('was bothered'));
});

test('an address at which nobody is, or somebody else, is the error unreachable', async (t) => {
  const stage = new Stage(t);
  const talker = createServer((socket) => {
    socket.on('error', () => {}).resume();
    socket.end('220 ready\r\n');
  });
  await new Promise<void>((done) => talker.listen(0, '127.0.0.1', done));
  t.after(() => new Promise((done) => talker.close(done)));
  const { port } = talker.address() as ReturnType<Server['address']> & { port: number };
  for (const address of ['127.0.0.1:9', `127.0.0.1:${port}`, 'no-such-host.invalid:80']) {
    const { message } = await stage
      .join(address, WELL_FORMED.replace('127.0.0.1:9', address))
      .fails('unreachable');
    assert.ok(message!.includes(address), `it says what was tried: ${message}`);
  }
});

test('a room whose host has gone is unreachable', async (t) => {
  const { stage, host, invite } = await openRoom(t);
  host.signal('SIGTERM');
  await host.exit();
  await stage.join('bob', invite).fails('unreachable');
});

test('a member that joins with the identity of the host is told what to do', async (t) => {
  const { stage, invite } = await openRoom(t);
  const environment = { DRAGONLOAD_HOME: stage.home('ada') };
  const { next } = await stage.join('bob', invite, { environment }).fails('unreachable');
  assert.match(next!, /DRAGONLOAD_HOME/);
});

test('nothing is downloaded without consent', async (t) => {
  const { stage, invite } = await openRoom(t);
  const guest = stage.start('bob', ['join', invite]);
  const { next } = await guest.fails('needs-consent');
  assert.match(next!, /--yes/);
  assert.ok(!existsSync(join(guest.directory, 'file.bin.dragonload')));
});

test('an invite pasted with blanks and line breaks works', async (t) => {
  const { stage, invite } = await openRoom(t);
  const middle = invite.indexOf('&v=') + 20;
  const pasted = `  ${invite.slice(0, middle)}\r\n${invite.slice(middle)}\n`;
  await stage.join('bob', pasted).finishes(FILE.sha256);
});
