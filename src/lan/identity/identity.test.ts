import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { DragonloadError } from '../../core/errors.ts';
import { ephemeralIdentity, loadIdentity, memberIdOf, verifySignature } from './identity.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'identity-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('an identity is made once and loaded ever after', async () => {
  const config = join(dir, 'deep', 'config');
  const first = await loadIdentity(config);
  const second = await loadIdentity(config);
  assert.equal(second.id, first.id);
  assert.equal(second.keyPem, first.keyPem);
  assert.match(first.id, /^[0-9a-f]{64}$/);
  assert.equal(memberIdOf(first.certificate), first.id);
});

test('the certificate is a valid self-signed one', () => {
  const certificate = new X509Certificate(ephemeralIdentity().certificate);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.equal(certificate.subject, 'CN=dragonload');
  assert.equal(certificate.validToDate.getUTCFullYear(), 9999);
});

test('only the owner can read the file', async () => {
  await loadIdentity(dir);
  const { mode } = await stat(join(dir, 'identity.pem'));
  assert.equal(mode & 0o777, 0o600);
  assert.deepEqual(await readdir(dir), ['identity.pem']);
});

test('processes that start at once get the same identity', async () => {
  const script = `const { loadIdentity } = await import(${JSON.stringify(new URL('./identity.ts', import.meta.url).href)});
    console.log((await loadIdentity(${JSON.stringify(dir)})).id)`;
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  const ids = (await Promise.all([run(), run(), run()])).map(({ stdout }) => stdout.trim());
  assert.match(ids[0]!, /^[0-9a-f]{64}$/);
  assert.equal(new Set(ids).size, 1);
});

test('a damaged file is kept aside, replaced, and the user is told', async () => {
  await writeFile(join(dir, 'identity.pem'), 'damaged');
  const notices: string[] = [];
  const identity = await loadIdentity(dir, { onNotice: (notice) => notices.push(notice) });
  assert.equal(notices.length, 1);
  const kept = (await readdir(dir)).find((name) => name.includes('damaged'));
  assert.equal(await readFile(join(dir, kept!), 'utf8'), 'damaged');
  assert.equal((await loadIdentity(dir)).id, identity.id);
});

test('a file with the certificate of another key counts as damaged', async () => {
  await writeFile(join(dir, 'identity.pem'), ephemeralIdentity().keyPem + ephemeralIdentity().certPem);
  const notices: string[] = [];
  await loadIdentity(dir, { onNotice: (notice) => notices.push(notice) });
  assert.equal(notices.length, 1);
});

test('a folder that cannot be made is a clear error', async () => {
  await writeFile(join(dir, 'file'), '');
  await assert.rejects(
    loadIdentity(join(dir, 'file', 'config')),
    (error) => error instanceof DragonloadError && error.code === 'unwritable',
  );
});

test('a signature holds for the bytes and the signer, and for nothing else', () => {
  const [me, other] = [ephemeralIdentity(), ephemeralIdentity()];
  const bytes = Buffer.from('bytes');
  const signature = me.sign(bytes);
  assert.equal(signature.length, 64);
  assert.ok(verifySignature(me.certificate, bytes, signature));
  assert.ok(!verifySignature(other.certificate, bytes, signature));
  assert.ok(!verifySignature(me.certificate, Buffer.from('other'), signature));
  assert.ok(!verifySignature(me.certificate, bytes, signature.subarray(1)));
  assert.ok(!verifySignature(Buffer.from('no certificate'), bytes, signature));
});
