import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import type { QueueOptions, TaskOptions } from '../../engine/base/task.ts';
import type { Job } from '../../lists/job.ts';
import { captured } from '../../testing/cli/capture.ts';
import { completionScript } from '../completion.ts';
import { runCommandLine } from '../program.ts';
import { jobsOf } from '../run/read-targets.ts';
import { COMMANDS } from './commands.ts';
import type { RequestOptions } from './flag.ts';
import { type FLAG_TABLE, FLAGS, flagsAgain, flagsOf } from './flags.ts';
import { addFlag } from './help.ts';
import { LIST_COMMANDS } from './list-commands.ts';
import type { Parsed, ValueOf } from './parsed.ts';
import { runSettingsOf } from './settings.ts';

/** Flags of `get` as the parser hands them over. */
function parse(...argv: readonly string[]): Parsed {
  const command = new Command('get').exitOverride().argument('[url...]');
  for (const flag of FLAGS) addFlag(command, flag);
  return command.parse(argv, { from: 'user' }).opts<Parsed>();
}

test('what is not given is left to the engine', () => {
  assert.deepEqual(runSettingsOf('get', parse()).options, {});
});

test('each flag becomes the option that it stands for', () => {
  const { options } = runSettingsOf(
    'get',
    parse(
      ...['-d', 'discs', '--limit', '2M', '--quota', '1G', '--connections', '8', '--no-lookup'],
      ...[
        '--concurrent',
        '3',
        '--per-host',
        '2',
        '--retries',
        '0',
        '--at',
        '2:00',
        '--between',
        '22:00-06:00',
      ],
      ...[
        '--category',
        '*.iso=discs',
        '--category',
        '*.zip=archives',
        '--on-complete',
        'notify me',
        '--notify',
      ],
      ...['--no-keep-awake', '-H', 'A: b', '--header', 'C: d', '--user-agent', 'x', '--cookies', 'jar'],
      ...['--netrc', '--proxy', '', '--noproxy', '', '--ca', 'ca.pem', '--cert', 'c.pem', '--key', 'k.pem'],
      ...['--insecure', '--interface', 'eth0', '-6', '--referer', 'https://example.org/'],
    ),
  );
  assert.deepEqual(options, {
    directory: 'discs',
    limitRate: 2 * 1024 ** 2,
    quotaBytes: 1024 ** 3,
    connections: 8,
    lookUpDigests: false,
    keepAwake: false,
    onComplete: 'notify me',
    notify: true,
    request: {
      headers: [
        ['A', 'b'],
        ['C', 'd'],
      ],
      userAgent: 'x',
      referer: 'https://example.org/',
      cookieFile: 'jar',
      netrc: true,
      proxy: '',
      noProxy: '',
      caFile: 'ca.pem',
      certificateFile: 'c.pem',
      keyFile: 'k.pem',
      insecure: true,
      interface: 'eth0',
      family: 6,
    },
    queue: {
      concurrent: 3,
      perHost: 2,
      retries: 0,
      startAt: '02:00',
      window: '22:00-06:00',
      categories: [
        ['*.iso', 'discs'],
        ['*.zip', 'archives'],
      ],
    },
  });
});

/** What a destination takes. */
type Taken<To> = To extends `task.${infer Name extends keyof TaskOptions}`
  ? TaskOptions[Name]
  : To extends `request.${infer Name extends keyof RequestOptions}`
    ? RequestOptions[Name]
    : To extends `queue.${infer Name extends keyof QueueOptions}`
      ? QueueOptions[Name]
      : To extends `job.${infer Name extends keyof Job}`
        ? Job[Name]
        : unknown;
type Misplaced<Row> = Row extends { readonly to: infer To; readonly long: infer Long }
  ? (Row extends { readonly means: infer Value } ? Value : ValueOf<Row>) extends Taken<To>
    ? never
    : Long
  : never;

test('the value of each flag is what its destination takes, as far as types tell', () => {
  // A checksum becomes a digest with the name of who states it on its way.
  const misplaced: Misplaced<(typeof FLAG_TABLE)[number]> = '--checksum';
  assert.ok(FLAGS.some(({ long }) => long === misplaced));
});

test('a priority may be below zero', () => {
  assert.equal(parse('--priority', '-5').priority, -5);
  assert.equal(parse('--priority=-5').priority, -5);
});

test('what is said of one download goes with its job, so that resuming knows it', async () => {
  const sha256 = 'ab'.repeat(32);
  const parsed = parse(
    ...['-o', 'x.iso', '--checksum', `sha256=${sha256}`, '--mirror', 'https://b.example/x'],
    ...['--import', 'x.part', '--priority', '3', '--limit-each', '1M'],
  );
  const jobs = await jobsOf('get', ['https://a.example/x'], parsed, () => {});
  assert.deepEqual(jobs, [
    {
      url: 'https://a.example/x',
      priority: 3,
      limitRate: 1024 ** 2,
      mirrors: ['https://b.example/x'],
      // Absolute: resuming may happen elsewhere.
      leftover: resolve('x.part'),
      output: 'x.iso',
      checksums: [{ checksum: `sha256:${sha256}`, by: '--checksum' }],
    },
  ]);
  const { options } = runSettingsOf('get', parsed);
  assert.equal(options.output, undefined);
  assert.equal(options.checksum, undefined);
  assert.deepEqual(await jobsOf('host', ['https://a.example/x'], parsed, () => {}), jobs);
  // A member that joins has no jobs of its own: it says it of what the room offers.
  const joining = runSettingsOf('join', parsed).options;
  assert.deepEqual([joining.output, joining.checksum], ['x.iso', `sha256:${sha256}`]);
});

test('no job holds the headers and cookies of the command line, which the list of downloads would keep', async () => {
  const parsed = parse('-H', 'Authorization: hunter2', '--cookies', 'jar');
  const [job] = (await jobsOf('get', ['https://a.example/x'], parsed, () => {})) as readonly Job[];
  assert.equal(job?.request, undefined);
});

test('--insecure is warned of', () => {
  assert.match(runSettingsOf('get', parse('--insecure')).warnings?.[0] ?? '', /^Warning: .*--insecure/);
  assert.deepEqual(runSettingsOf('get', parse()).warnings, []);
});

test('no flag stands for two things', () => {
  for (const { name, flags } of [
    ...COMMANDS.map(({ name }) => ({ name, flags: flagsOf(name) })),
    ...LIST_COMMANDS,
  ]) {
    const words = flags.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long]));
    assert.equal(new Set(words).size, words.length, name);
  }
});

test('resuming takes no flag that is said of one download or of where files go', () => {
  const again = flagsAgain().map(({ long }) => long);
  for (const flag of ['--output', '--dir', '--checksum', '--input', '--import', '--category', '--stay'])
    assert.ok(!again.includes(flag), flag);
  for (const flag of ['--header', '--limit', '--quota', '--at', '--on-complete', '--json'])
    assert.ok(again.includes(flag), flag);
});

test('the help of every command has examples and reads within 80 columns', async () => {
  for (const { name } of [...COMMANDS, ...LIST_COMMANDS]) {
    const { out } = await captured(() => runCommandLine([name, '--help']));
    assert.match(out, /^Usage: dragonload /, name);
    assert.match(out, /\nExamples:\n {2}dragonload /, name);
    for (const line of out.split('\n')) assert.ok(line.length <= 80, `${name}: ${line}`);
  }
});

test('the help of the program names every command', async () => {
  const { out } = await captured(() => runCommandLine(['--help']));
  for (const { name } of [...COMMANDS, ...LIST_COMMANDS])
    assert.match(out, new RegExp(`\\n  ${name} `), name);
  for (const line of out.split('\n')) assert.ok(line.length <= 80, line);
});

test('shells complete every command and flag, and numbers where they are taken', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = completionScript(shell);
    const words = [...FLAGS, ...LIST_COMMANDS.flatMap(({ flags }) => flags)].map(({ long }) => long.slice(2));
    for (const word of [...words, ...LIST_COMMANDS.map(({ name }) => name)])
      assert.ok(script.includes(word), `${shell}: ${word}`);
    assert.match(script, /dragonload ls --ids/);
  }
});
