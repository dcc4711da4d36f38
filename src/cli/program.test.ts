import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const SCRIPTED = fileURLToPath(new URL('../testing/cli/scripted.ts', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a script as its own process to its end. */
async function run(
  script: string,
  args: readonly string[],
  interact?: (child: Child) => void,
): Promise<Outcome> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, LC_ALL: 'C.UTF-8' },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  interact?.(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}
type Child = ReturnType<typeof spawn>;

const dragonload = (...args: string[]): Promise<Outcome> => run(MAIN, args);
const scripted = (...args: string[]): Promise<Outcome> => run(SCRIPTED, args);

describe('the command line', () => {
  test('prints help without arguments and on request', async () => {
    const [bare, asked] = await Promise.all([dragonload(), dragonload('--help')]);
    assert.equal(bare.code, 0);
    assert.match(bare.out, /^Usage: dragonload/);
    assert.deepEqual(asked, bare);
  });

  test('prints the help of a command with its examples', async () => {
    const { code, out } = await dragonload('join', '--help');
    assert.equal(code, 0);
    for (const flag of [
      '--dir',
      '--output',
      '--name',
      '--json',
      '--quiet',
      '--port',
      '--limit',
      '--connections',
    ]) {
      assert.ok(out.includes(flag), flag);
    }
    for (const flag of ['--checksum', '--header', '--yes', '--allow-private', '--stay', 'Examples:']) {
      assert.ok(out.includes(flag), flag);
    }
  });

  test('prints its version', async () => {
    assert.match((await dragonload('--version')).out, /^\d+\.\d+\.\d+\n$/);
  });

  const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['frob'], /Unknown command 'frob'\.\n {2}Run "dragonload --help"/],
    [['gt', 'https://a/b'], /Did you mean get\?/],
    [['get'], /Missing required argument 'url'/],
    [['get', '--lmit', '5M', 'https://a/b'], /Did you mean --limit\?/],
    [['get', 'ftp://example.org/a'], /http and https, not ftp/],
    [['get', 'example.org/a'], /https:\/\/example\.org\/a/],
    [
      ['get', '-o', 'x', 'https://a/b', 'https://a/c'],
      /--output is for a single download, and there are 2 URLs/,
    ],
    [['get', '--limit', 'fast', 'https://a/b'], /rate/],
    [['get', '--connections', '17', 'https://a/b'], /1 to 16/],
    [['get', '--port', '70000', 'https://a/b'], /0 to 65535/],
    [['get', '--checksum', 'sha256=abc', 'https://a/b'], /64 hex digits; this has 3/],
    [['get', '-H', 'nonsense', 'https://a/b'], /a field name, a colon and a value/],
    [['join', 'https://a/b'], /not an invite/],
    [['join', 'dragon://join/v1/room?h=1.2.3.4:5'], /cut short/],
    [['join', 'dragon://a#k=b', 'dragon://c#k=d'], /Too many arguments/],
    [['completion', 'tcsh'], /tcsh/],
  ];
  test('refuses wrong usage with code 2, a sentence and a next step, on stderr alone', async () => {
    for (let i = 0; i < wrong.length; i += 4) {
      await Promise.all(
        wrong.slice(i, i + 4).map(async ([args, message]) => {
          const { code, out, err } = await dragonload(...args);
          const what = `dragonload ${args.join(' ')}: ${err}`;
          assert.equal(code, 2, what);
          assert.match(err, message, what);
          assert.match(err, /^dragonload: .*[.?]\n {2}.+\n$/, what);
          assert.equal(out, '', what);
        }),
      );
    }
  });

  test('tells wrong usage as JSON too when JSON was asked for', async () => {
    const { code, out } = await dragonload('--json', 'ftp://example.org/a');
    assert.equal(code, 2);
    const { event, code: word, next } = JSON.parse(out) as Record<string, string>;
    assert.deepEqual([event, word], ['error', 'bad-url']);
    assert.ok(next);
  });

  test('prints completion scripts that bash can read', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, out } = await dragonload('completion', shell);
      assert.equal(code, 0);
      assert.ok(out.includes('allow-private'), shell);
      if (shell === 'bash') assert.equal(spawnSync('bash', ['-n'], { input: out }).status, 0);
    }
  });
});

describe('a run', () => {
  test('ends with 0 when it is done', async () => {
    const { code, out, err } = await scripted('done');
    assert.equal(code, 0);
    assert.equal(out, '');
    assert.match(err, /\nSaved \/tmp\/disc\.iso.*\n(.*\n)*1 min 20 s instead of about 3 min 52 s alone.*\n$/);
  });

  test('writes nothing but JSON lines to stdout with --json', async () => {
    const { code, out } = await scripted('done', '--json');
    assert.equal(code, 0);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    assert.deepEqual(events, ['invite', 'done']);
  });

  test('ends with 1 when it fails, and says so once', async () => {
    const { code, err } = await scripted('fail', '--quiet');
    assert.equal(code, 1);
    assert.equal(err.split('no such file').length, 2);
  });

  test('ends with 1 and a message when the program itself breaks', async () => {
    const { code, out } = await scripted('crash', '--json');
    assert.equal(code, 1);
    assert.equal((JSON.parse(out) as { code: string }).code, 'internal');
  });

  test('needs --yes for an offer when there is no terminal', async () => {
    const refused = await scripted('offer', '--json');
    assert.equal(refused.code, 1);
    assert.match(refused.out, /"code":"needs-consent"/);
    assert.match(refused.err, /--yes/);
    assert.doesNotMatch(refused.err, /secret|pass/);
    assert.equal((await scripted('offer', '--json', '--yes')).code, 0);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`saves its state and ends with 130 on ${signal}`, async () => {
      const { code, err } = await run(SCRIPTED, ['watch'], (child) => {
        onText(child, 'dragonload join', () => child.kill(signal));
      });
      assert.equal(code, 130);
      assert.match(err, /Stopping.*\n\(state saved\)\n(.*\n)*Stopped/);
    });
  }

  test('ends at once on a second Ctrl-C, but not on an echo of the first', async () => {
    const { code } = await run(SCRIPTED, ['stuck'], (child) => {
      onText(child, 'dragonload join', () => {
        // Again and again: the first ones are taken for the echo.
        const again = setInterval(() => child.kill('SIGINT'), 200);
        child.once('exit', () => clearInterval(again));
      });
    });
    assert.equal(code, 130);
  });

  test('goes on quietly when the reader of its output goes away', async () => {
    const { code, err } = await run(SCRIPTED, ['done', '--json'], (child) => child.stdout!.destroy());
    assert.equal(code, 0);
    assert.doesNotMatch(err, /EPIPE/);
  });
});

/** Calls back once when the child has written `text` to stderr. */
function onText(child: Child, text: string, then: () => void): void {
  let seen = '';
  const look = (chunk: string): void => {
    seen += chunk;
    if (!seen.includes(text)) return;
    child.stderr!.off('data', look);
    then();
  };
  child.stderr!.on('data', look);
}
