import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DragonloadError } from '../../core/errors.ts';
import { runCommandLine } from '../program.ts';
import { exitCodeFor } from '../run/exit-codes.ts';

const home = mkdtempSync(join(tmpdir(), 'dragonload-usage-'));
const earlier = process.env.DRAGONLOAD_HOME;

before(() => {
  process.env.DRAGONLOAD_HOME = home;
});
after(() => {
  if (earlier === undefined) delete process.env.DRAGONLOAD_HOME;
  else process.env.DRAGONLOAD_HOME = earlier;
  rmSync(home, { recursive: true });
});

/** Runs a command line that is to be refused before anything is done; what it was refused with. */
async function refused(argv: readonly string[]): Promise<DragonloadError> {
  const thrown = await runCommandLine(argv).then(
    (code) => assert.fail(`${argv.join(' ')} was carried out and ended with ${code}`),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof DragonloadError, String(thrown));
  return thrown;
}

const URL_A = 'https://a.example/file';
/** Flags of `get`, each with a message. */
const BAD_FLAGS: readonly (readonly [flags: readonly string[], message: RegExp])[] = [
  [['--limit', '0'], /least is 1k/],
  [['--limit', '10Mb'], /bits or bytes/],
  [['--limit-each', 'fast'], /--limit-each does not understand "fast"/],
  [['--quota', '0'], /--quota 0 is out of range/],
  [['--quota', '-5'], /--quota does not understand "-5"/],
  [['--quota', '9999999T'], /out of range/],
  [['--quota', ''], /--quota does not understand ""/],
  [['--connections', '0'], /from 1 to 16, not "0"/],
  [['--connections', '1e1'], /from 1 to 16/],
  [['--concurrent', '0'], /--concurrent takes a whole number from 1 to 64/],
  [['--concurrent', '65'], /from 1 to 64/],
  [['--per-host', '-1'], /from 1 to 64, not "-1"/],
  [['--retries', '101'], /from 0 to 100/],
  [['--retries', '1.5'], /from 0 to 100/],
  [['--priority', '1001'], /from -1000 to 1000/],
  [['--priority', ''], /from -1000 to 1000/],
  [['--at', '25:00'], /from 00:00 to 23:59, not "25:00"/],
  [['--at', '2am'], /time of day/],
  [['--at', '12:60'], /time of day/],
  [['--between', '01:00-01:00'], /two different times/],
  [['--between', '01:00'], /two different times/],
  [['--between', '01:00-24:00'], /two different times/],
  [['--between', '1-2-3'], /two different times/],
  [['--category', '*.iso'], /GLOB=DIR/],
  [['--category', '=discs'], /GLOB=DIR/],
  [['--category', '*.iso='], /GLOB=DIR/],
  [['--checksum', 'sha256'], /ALG=HEX/],
  [['--checksum', 'sha256='], /ALG=HEX/],
  [['--checksum', 'crc32=00000000'], /does not know the algorithm "crc32"/],
  [['--checksum', `md5=${'g'.repeat(32)}`], /hex digits/],
  [['--mirror', 'ftp://b.example/file'], /http and https, not ftp/],
  [['--mirror', ''], /"" is not a URL/],
  [['--proxy', 'ftp://proxy.example'], /--proxy does not know ftp/],
  [['--proxy', 'http://'], /the address of a proxy/],
  [['--proxy', 'http://host:port'], /the address of a proxy/],
  [['--referer', 'a page'], /http or https URL/],
  [['--user-agent', ''], /printable ASCII/],
  [['--user-agent', 'a\nHost: b'], /printable ASCII/],
  [['-H', 'no colon'], /a field name, a colon and a value/],
  [['-H', ''], /a field name, a colon and a value/],
  [['-H', 'Range: bytes=0-1'], /Dragonload's own to set/],
  [['-H', 'A: b\r\nC: d'], /characters that HTTP does not carry/],
  [['--key', 'key.pem'], /--key needs --cert/],
  [['-4', '-6'], /-4 and -6 exclude each other/],
  [['--dir', ''], /--dir takes a directory/],
  [['--output', ''], /--output takes a file name/],
  [['--output', 'discs/'], /"discs\/" is a directory/],
  [['--output', '..'], /"\.\." is a directory/],
  [['--input', ''], /--input takes a file/],
  [['--import', ' '], /--import takes a file/],
  [['--cookies', ''], /--cookies takes a cookie file/],
  [['--netrc='], /--netrc takes a netrc file/],
  [['--ca', ''], /--ca takes a file of certificates/],
  [['--cert', ''], /--cert takes a certificate file/],
  [['--interface', ''], /--interface takes an interface/],
  [['--on-complete', ''], /--on-complete takes a program/],
  [['--output', '--json'], /--output needs a value, and --json after it is a flag/],
  [['-d', '-i', 'list'], /-d needs a value, and -i after it is a flag/],
  [['--limit', '--dir=x'], /--limit needs a value, and --dir after it is a flag/],
  [['--concurent', '3'], /Unknown option '--concurent'/],
  [['--limit'], /--limit.*argument missing/],
];

for (const [flags, message] of BAD_FLAGS) {
  test(`get ${JSON.stringify(flags)} is refused`, async () => {
    const error = await refused(['get', URL_A, ...flags]);
    assert.match(error.message, message);
    assert.match(error.message, /[.?]$/);
    assert.match(error.next ?? '', /\w/);
    assert.ok(exitCodeFor(error) === 2 || error.code === 'bad-url', error.code);
  });
}

const BAD_COMMANDS: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
  [['get'], /Missing required argument 'url'/],
  [['get', '-o', 'x', URL_A, `${URL_A}2`], /--output is for a single download, and there are 2 URLs/],
  [['get', '-o', 'x', '-i', 'list'], /--output is for a single download, and a list may have many/],
  [['get', '--mirror', URL_A, URL_A, `${URL_A}2`], /--mirror is for a single download/],
  [['get', '--import', 'part', URL_A, `${URL_A}2`], /--import is for a single download/],
  [['get', '--checksum', `md5=${'0'.repeat(32)}`, URL_A, `${URL_A}2`], /--checksum is for a single/],
  [['host', URL_A, '--concurrent', '3'], /Unknown option '--concurrent'/],
  [['pause'], /Name a download, or use --all/],
  [['pause', '1', '--all'], /Numbers and --all exclude each other/],
  [['pause', 'x'], /"x" is not the number of a download/],
  [['pause', '7'], /There is no download 7/],
  [['pause', '99999999999999999999'], /is not the number/],
  [['resume', '--failed', '3'], /Numbers and --failed exclude/],
  [['resume', '--failed', '--all'], /--all and --failed exclude each other/],
  [['resume', '-4', '-6'], /-4 and -6/],
  [['resume', '0'], /There is no download 0/],
  [['rm'], /Name a download, or use --failed/],
  [['rm', '7'], /There is no download 7/],
  [['rm', '7', '--finished'], /Numbers and --finished/],
  [['priority', '7'], /Missing required argument 'n'/],
  [['priority', '7', '5'], /There is no download 7/],
  [['limit', 'fast'], /"fast" is not a rate/],
  [['limit', '12'], /"12" is not a rate/],
  [['limit', '2M', '7'], /There is no download 7/],
  [['limit', '2M', 'x'], /"x" is not the number/],
  [['refresh', '7'], /Missing required argument 'url'/],
  [['refresh', '7', URL_A], /There is no download 7/],
  [['history', '-n', '0'], /--count takes a whole number from 1 to 10000/],
  [['history', '3'], /Too many arguments/],
  [['ls', '--jsn'], /Did you mean|Unknown option/],
];

for (const [argv, message] of BAD_COMMANDS) {
  test(`${argv.join(' ')} is refused`, async () => {
    const error = await refused(argv);
    assert.match(error.message, message);
    assert.match(error.next ?? '', /\w/);
    assert.equal(exitCodeFor(error), 2);
  });
}

test('nothing that is refused repeats what may be secret', async () => {
  const lines: readonly (readonly string[])[] = [
    ['get', 'example.org/file?token=hunter2'],
    ['get', URL_A, '--mirror', 'ftp://user:hunter2@b.example/x'],
    ['get', URL_A, '--proxy', 'http://user:hunter2@host:port'],
    ['get', URL_A, '--referer', 'about:hunter2'],
    ['get', URL_A, '-H', 'Bad Name: hunter2'],
  ];
  for (const argv of lines) {
    const { message, next } = await refused(argv);
    assert.doesNotMatch(`${message} ${next}`, /hunter2/, argv.join(' '));
  }
});

test('a list that cannot be read is refused before anything is fetched', async () => {
  const error = await refused(['get', '-i', join(home, 'no-such-list')]);
  assert.equal(error.code, 'bad-list');
  assert.ok(error.next);
});
