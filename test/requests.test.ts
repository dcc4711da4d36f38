import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type OriginServer, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { command } from './support/command.ts';
import { knownFile, MIB } from './support/file.ts';
import type { Member } from './support/members.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
const SECRET = 'hunter2';
const BASIC = `Basic ${Buffer.from(`alice:${SECRET}`).toString('base64')}`;
/** As it would show wherever it leaked. */
const TRACES = [SECRET, Buffer.from(`alice:${SECRET}`).toString('base64')];
/** The other host is the same machine under another name: cookies and passwords are by name, not by port. */
const ELSEWHERE = { hostName: 'localhost' };

interface Way {
  readonly what: string;
  /** What the user gives, given a folder for files. */
  readonly args?: (folder: string) => Promise<readonly string[]>;
  readonly credentials?: string;
  /** The header that it is sent in, and its value. */
  readonly header: string;
  readonly value: string;
}

async function written(path: string, text: string): Promise<string> {
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

const WAYS: readonly Way[] = [
  {
    what: 'a header',
    args: async () => ['--header', `X-Key: ${SECRET}`],
    header: 'x-key',
    value: SECRET,
  },
  {
    what: 'a bearer token',
    args: async () => ['--header', `Authorization: Bearer ${SECRET}`],
    header: 'authorization',
    value: `Bearer ${SECRET}`,
  },
  {
    what: 'a Cookie header',
    args: async () => ['--header', `Cookie: session=${SECRET}`],
    header: 'cookie',
    value: `session=${SECRET}`,
  },
  {
    what: 'a referer',
    args: async () => ['--referer', `https://example.org/${SECRET}`],
    header: 'referer',
    value: `https://example.org/${SECRET}`,
  },
  {
    what: 'a cookie file',
    args: async (folder) => [
      '--cookies',
      await written(
        join(folder, 'cookies.txt'),
        `# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\t${SECRET}\n`,
      ),
    ],
    header: 'cookie',
    value: `session=${SECRET}`,
  },
  {
    what: 'a netrc file',
    args: async (folder) => [
      `--netrc=${await written(join(folder, 'netrc'), `machine 127.0.0.1 login alice password ${SECRET}\n`)}`,
    ],
    header: 'authorization',
    value: BASIC,
  },
  {
    what: 'user and password in the URL',
    credentials: `alice:${SECRET}@`,
    header: 'authorization',
    value: BASIC,
  },
];

function withCredentials(url: string, credentials = ''): string {
  return url.replace('://', `://${credentials}`);
}

/** Nothing that speaks for the user came here. */
function sawNothing(origin: OriginServer, since = 0): void {
  const requests = origin.requests.slice(since);
  assert.ok(requests.length > 0, 'nobody came at all');
  for (const { headers, query } of requests) {
    for (const trace of TRACES)
      assert.ok(!JSON.stringify([headers, query]).includes(trace), 'a secret came here');
    for (const name of ['authorization', 'cookie', 'referer', 'x-key'])
      assert.equal(headers[name], undefined);
  }
}

/** A member, and what can be asked about its downloads, tell nobody; nor does what lies on disk tell other users. */
async function keepsSecret(stage: Stage, member: Member): Promise<void> {
  const said = [member.log, ...member.events.map((event) => JSON.stringify(event))];
  for (const argv of [['ls'], ['ls', '--json'], ['history'], ['history', '--json']]) {
    const { code, stdout, stderr } = await command(stage, member.name, ...argv);
    assert.equal(code, 0, stderr);
    said.push(stdout, stderr);
  }
  const text = said.join('\n');
  for (const trace of TRACES) assert.ok(!text.includes(trace), `it was told: ${text}`);
  if (process.platform === 'win32') return;
  const home = stage.home(member.name);
  assert.equal(statSync(home).mode & 0o077, 0, 'others can look into the folder of its state');
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' });
  assert.ok(
    files.some((file) => file.endsWith('state.db')),
    'there is a list of downloads',
  );
  for (const file of files.filter((one) => /\.db/.test(one))) {
    assert.equal(statSync(join(home, file)).mode & 0o077, 0, `others can read ${file}`);
  }
}

for (const { what, args, credentials, header, value } of WAYS) {
  test(`${what} goes to the host that was named, and along no redirect to another`, async (t) => {
    const file = knownFile('secret', 3 * MIB);
    await using store = await startOrigin({ files: { '/store.bin': file }, ...ELSEWHERE });
    await using origin = await startOrigin({
      files: {
        [PATH]: { ...file, requireHeaders: { [header]: value } },
        '/away.bin': { ...file, faults: { redirectTo: store.url('/store.bin') } },
      },
    });
    const stage = new Stage(t);
    const given = (await args?.(stage.folder)) ?? [];
    const direct = stage.get('ada', withCredentials(origin.url(), credentials), {
      args: given,
      connections: 2,
    });
    await direct.finishes(file.sha256);
    await keepsSecret(stage, direct);

    const away = withCredentials(origin.url('/away.bin'), credentials);
    const redirected = stage.get('bob', away, { args: given, connections: 2 });
    await redirected.finishes(file.sha256);
    const sent = origin.requests.filter(({ path }) => path === '/away.bin');
    assert.ok(sent.length > 0 && sent.every(({ headers }) => headers[header] === value));
    sawNothing(store);
    await keepsSecret(stage, redirected);
  });

  test(`${what} does not go to a mirror on another host`, async (t) => {
    const file = knownFile('secret', 4 * MIB);
    await using mirror = await startOrigin({ files: { '/mirror.bin': file }, ...ELSEWHERE });
    // The first serves a little, then no more.
    const faults = { status: 403, after: 1 };
    await using origin = await startOrigin({
      files: { [PATH]: { ...file, requireHeaders: { [header]: value }, faults } },
      ratePerConnection: 4 * MIB,
    });
    const stage = new Stage(t);
    const given = [...((await args?.(stage.folder)) ?? []), '--mirror', mirror.url()];
    const member = stage.get('ada', withCredentials(origin.url(), credentials), {
      args: given,
      connections: 2,
    });
    await member.finishes(file.sha256);
    assert.ok(mirror.servedBytes() > MIB);
    sawNothing(mirror);
    await keepsSecret(stage, member);
  });

  test(`${what} does not go to what a room names, nor from the host of a room to the others`, async (t) => {
    const file = knownFile('secret', 6 * MIB);
    await using origin = await startOrigin({
      files: { [PATH]: { ...file, requireHeaders: { [header]: value } }, '/open.bin': file },
      ratePerConnection: 2 * MIB,
    });
    const stage = new Stage(t);
    const given = (await args?.(stage.folder)) ?? [];
    // One who gives it to a room that has other ideas of where to send it.
    const host = stage.host('ada', origin.url('/open.bin'), { args: ['--user-agent', 'ada'] });
    const joiner = stage.join('bob', await host.invite(), { args: given });
    await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);
    sawNothing(origin);
    await keepsSecret(stage, joiner);

    // And one who opens a room for what only he may have.
    const before = origin.requests.length;
    const secretive = stage.host('carol', withCredentials(origin.url(), credentials), {
      args: [...given, '--user-agent', 'carol'],
    });
    const other = stage.join('dave', await secretive.invite());
    await Promise.all([secretive.finishes(file.sha256), other.finishes(file.sha256)]);
    for (const { headers, path } of origin.requests.slice(before)) {
      const who = `${headers['user-agent']} asks for ${path}`;
      assert.equal(headers[header] === value, headers['user-agent'] === 'carol', who);
    }
    await keepsSecret(stage, secretive);
    await keepsSecret(stage, other);
  });
}

test('a user agent goes along redirects, for links are made out to one, and to nothing that a room names', async (t) => {
  const file = knownFile('agent', 3 * MIB);
  await using store = await startOrigin({ files: { '/store.bin': file }, ...ELSEWHERE });
  await using origin = await startOrigin({
    files: { [PATH]: { ...file, faults: { redirectTo: store.url() } } },
  });
  const stage = new Stage(t);
  const args = ['--user-agent', 'Curious/1.0 (of this user)'];
  await stage.get('ada', origin.url(), { args }).finishes(file.sha256);
  for (const { headers } of [...origin.requests, ...store.requests])
    assert.equal(headers['user-agent'], 'Curious/1.0 (of this user)');

  await using open = await startOrigin({ files: { [PATH]: file }, ratePerConnection: 2 * MIB });
  const host = stage.host('bob', open.url());
  const joiner = stage.join('carol', await host.invite(), { args });
  await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);
  for (const { headers } of open.requests) assert.equal(headers['user-agent'], 'dragonload');
});

test('a cookie goes to the hosts that it belongs to, one that an answer sets among them', async (t) => {
  const file = knownFile('cookie', 3 * MIB);
  await using store = await startOrigin({ files: { '/store.bin': file }, ...ELSEWHERE });
  const headers = { 'set-cookie': 'given=on-the-way; Path=/' };
  await using origin = await startOrigin({
    files: { [PATH]: { ...file, headers, faults: { redirectTo: store.url() } } },
  });
  const stage = new Stage(t);
  const jar = await written(
    join(stage.folder, 'cookies.txt'),
    '# Netscape HTTP Cookie File\nlocalhost\tFALSE\t/\tFALSE\t0\tstore\tcard\nexample.org\tTRUE\t/\tFALSE\t0\tother\tcard\n',
  );
  await stage.get('ada', origin.url(), { args: ['--cookies', jar] }).finishes(file.sha256);
  assert.ok(store.requests.every((request) => request.headers.cookie === 'store=card'));
  assert.equal(origin.requests[0]!.headers.cookie, undefined);
});

test('a netrc file that others can read is told of, and used; one in the home directory is found', async (t) => {
  const file = knownFile('netrc', 2 * MIB);
  await using origin = await startOrigin({
    files: { [PATH]: { ...file, requireHeaders: { authorization: BASIC } } },
  });
  const stage = new Stage(t);
  const home = join(stage.folder, 'user');
  await mkdir(home);
  const path = await written(join(home, '.netrc'), `machine 127.0.0.1\nlogin alice\npassword ${SECRET}\n`);
  const environment = { HOME: home };
  const quiet = stage.get('ada', origin.url(), { args: ['--netrc'], environment });
  await quiet.finishes(file.sha256);
  assert.ok(!quiet.log.includes('netrc'), quiet.describe('is told of a file that is its own'));

  await chmod(path, 0o644);
  const warned = stage.get('bob', origin.url(), { args: ['--netrc'], environment });
  await warned.finishes(file.sha256);
  assert.match(warned.log, /Others on this machine can read .*\.netrc: run chmod 600/);
  await keepsSecret(stage, warned);

  await stage.get('carol', origin.url(), { environment }).fails('origin-refused');
});

for (const [what, argv] of [
  ['a cookie file', ['--cookies']],
  ['a netrc file', ['--netrc']],
  ['certificates', ['--ca']],
  ['a client certificate', ['--cert']],
] as const) {
  test(`${what} that is not there, or is a directory, is wrong usage`, async (t) => {
    await using origin = await startOrigin({ files: { [PATH]: knownFile('none', MIB) } });
    const stage = new Stage(t);
    for (const path of [join(stage.folder, 'nothing'), stage.folder]) {
      await stage.get('ada', origin.url(), { args: [`${argv[0]}=${path}`] }).fails('usage', 2);
    }
    assert.equal(origin.requests.length, 0);
  });
}
