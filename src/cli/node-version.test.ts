import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tooOldMessage } from './node-version.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const PACKAGE = new URL('../../package.json', import.meta.url);

test('a Node older than 24.7 is too old, and nothing newer is', () => {
  for (const version of ['18.19.1', '20.20.2', '23.11.0', '24.0.0', '24.6.9'])
    assert.match(tooOldMessage(version) ?? '', new RegExp(`needs Node 24\\.7 .* this is Node ${version}`));
  for (const version of ['24.7.0', '24.10.0', '24.21.0', '25.0.0', '30.1.2'])
    assert.equal(tooOldMessage(version), undefined);
});

test('a candidate of the first version that will do is not turned away', () => {
  assert.equal(tooOldMessage('24.7.0-rc.1'), undefined);
});

test('package.json asks for the same version as the program', () => {
  const { engines } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { engines: { node: string } };
  const [, version] = /^>=(\d+\.\d+)$/.exec(engines.node) ?? [];
  assert.match(tooOldMessage('1.0.0') ?? '', new RegExp(`needs Node ${version} or newer`));
});

test('on an old Node the program says what it needs, and fails', () => {
  const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '24.6.0' } })`;
  const preload = `data:text/javascript,${encodeURIComponent(older)}`;
  const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', preload, MAIN, '--version'], {
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.match(stderr, /^dragonload: This needs Node 24\.7 or newer; this is Node 24\.6\.0\.\n/);
  assert.equal(stdout, '');
});
