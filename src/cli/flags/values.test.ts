import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DragonloadError } from '../../core/errors.ts';
import { route } from '../route.ts';
import { checkInvite, checkUrl } from './links.ts';
import { parseRate } from './rate.ts';
import { parseChecksum, parseConnections, parseHeader, parseName, parsePort } from './values.ts';

/** That `run` is refused with the code, in whole sentences and with a next step. */
function refused(run: () => unknown, code = 'usage', message = /./): DragonloadError {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof DragonloadError, 'it was not refused');
  assert.equal(thrown.code, code);
  assert.match(thrown.message, message);
  assert.ok(thrown.next);
  return thrown;
}

test('rates are bytes per second: binary, decimal or in bits', () => {
  assert.equal(parseRate('500k'), 500 * 1024);
  assert.equal(parseRate('10M'), 10 * 1024 ** 2);
  assert.equal(parseRate('1.5MiB/s'), 1.5 * 1024 ** 2);
  assert.equal(parseRate('2g'), 2 * 1024 ** 3);
  assert.equal(parseRate('10MB'), 10_000_000);
  assert.equal(parseRate('80Mbit'), 10_000_000);
  assert.equal(parseRate('80 Mbit/s'), 10_000_000);
  assert.equal(parseRate('4096'), 4096);
});

test('rates that are none, or may be read in two ways, are refused', () => {
  for (const text of ['', 'fast', '10X', '-5M', '1e6', '10Mib', '5iB', '10M/h', '0x10', 'NaN', 'Infinity']) {
    refused(() => parseRate(text));
  }
  refused(() => parseRate('10Mb'), 'usage', /bits or bytes/);
  refused(() => parseRate('0'), 'usage', /out of range/);
  refused(() => parseRate('9'.repeat(30)), 'usage', /out of range/);
});

test('ports and connections keep to their ranges', () => {
  assert.equal(parsePort('0'), 0);
  assert.equal(parsePort('65535'), 65535);
  assert.equal(parseConnections('16'), 16);
  for (const text of ['65536', '-1', '1.5', 'http', '', '1e3']) refused(() => parsePort(text));
  for (const text of ['0', '17']) refused(() => parseConnections(text), 'usage', /from 1 to 16/);
});

test('a name is one visible line', () => {
  assert.equal(parseName('  Zo\u00EB '), 'Zo\u00EB');
  for (const text of ['', '   ', 'a\nb', 'a\x1b[2J', 'x'.repeat(65)]) refused(() => parseName(text));
});

test('checksums are checked for their length and digits', () => {
  assert.equal(parseChecksum(`SHA-256=${'AB'.repeat(32)}`), `sha256:${'ab'.repeat(32)}`);
  assert.equal(parseChecksum(`md5:${'0'.repeat(32)}`), `md5:${'0'.repeat(32)}`);
  refused(() => parseChecksum(`sha256=${'ab'.repeat(31)}`), 'usage', /64 hex digits; this has 62/);
  refused(() => parseChecksum(`md5=${'x'.repeat(32)}`), 'usage', /hex/);
  refused(() => parseChecksum(`crc32=${'0'.repeat(8)}`), 'usage', /crc32/);
  refused(() => parseChecksum(`constructor=${'0'.repeat(8)}`), 'usage', /algorithm/);
  refused(() => parseChecksum('ab'.repeat(32)));
});

test('headers are a name and a value that HTTP carries', () => {
  assert.deepEqual(parseHeader('Authorization: Bearer a:b'), ['Authorization', 'Bearer a:b']);
  assert.deepEqual(parseHeader('X-Empty:'), ['X-Empty', '']);
  for (const text of ['nothing', ': value', 'a b: c', 'X: a\r\nY: b', 'X: \u00E9'])
    refused(() => parseHeader(text));
  for (const name of ['Range', 'host', 'Accept-Encoding', 'If-Range']) {
    refused(() => parseHeader(`${name}: 1`), 'usage', /own to set/);
  }
});

test('a header that is refused does not show its value', () => {
  for (const text of ['Bad Name: hunter2', 'X: hunter2\n']) {
    const error = refused(() => parseHeader(text.replace('\n', '\u0000x')));
    assert.ok(!`${error.message}${error.next}`.includes('hunter2'));
  }
});

test('only http and https are fetched', () => {
  assert.equal(checkUrl('https://example.org/a?b#c'), 'https://example.org/a?b#c');
  refused(() => checkUrl('ftp://example.org/a'), 'bad-url', /not ftp\.$/);
  refused(() => checkUrl('magnet:?xt=urn:btih:0'), 'bad-url');
  refused(() => checkUrl('file:///etc/passwd'), 'bad-url');
  refused(() => checkUrl('dragon://join/v1/room#k=x'), 'usage', /invite/);
});

test('a URL without a scheme is told how to write it, without what may be secret', () => {
  const error = refused(() => checkUrl('example.org/disc.iso?token=hunter2'), 'bad-url');
  assert.equal(error.next, 'Write it with its scheme: https://example.org/disc.iso');
  assert.ok(!error.message.includes('hunter2'));
});

test('an invite that a shell has cut is recognised', () => {
  assert.equal(
    checkInvite(' dragon://join/v1/room?h=1.2.3.4:5#k=abc\n'),
    'dragon://join/v1/room?h=1.2.3.4:5#k=abc',
  );
  const error = refused(() => checkInvite('dragon://join/v1/room?h=1.2.3.4:5'), 'bad-invite', /cut short/);
  assert.match(error.next!, /quotes/);
  assert.match(refused(() => checkInvite('https://example.org/'), 'bad-invite').next!, /dragonload get/);
  refused(() => checkInvite('kitchen'), 'bad-invite');
});

test('a bare link gets its command, and flags may come first', () => {
  assert.deepEqual(route(['https://a/b']), ['get', 'https://a/b']);
  assert.deepEqual(route(['--json', 'dragon://x']), ['join', '--json', 'dragon://x']);
  assert.deepEqual(route(['-d', 'get', 'https://a/b']), ['get', '-d', 'get', 'https://a/b']);
  assert.deepEqual(route(['--json', 'host', 'https://a/b']), ['host', '--json', 'https://a/b']);
  assert.deepEqual(route(['get', 'https://a/b']), ['get', 'https://a/b']);
  assert.deepEqual(route(['frob', 'https://a/b']), ['frob', 'https://a/b']);
  assert.deepEqual(route(['--help']), ['--help']);
});

test('a flag without its optional value does not take the URL behind it', () => {
  assert.deepEqual(route(['get', '--netrc', 'https://a/b']), ['get', 'https://a/b', '--netrc']);
  assert.deepEqual(route(['--netrc', 'https://a/b', '--json']), ['get', 'https://a/b', '--json', '--netrc']);
  assert.deepEqual(route(['get', '--netrc', 'file', 'https://a/b']), [
    'get',
    '--netrc',
    'file',
    'https://a/b',
  ]);
  assert.deepEqual(route(['get', '--netrc', '--', '-x']), ['get', '--netrc', '--', '-x']);
});
