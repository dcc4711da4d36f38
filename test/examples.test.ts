import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { knownFile, MIB } from './support/file.ts';
import { startOrigin } from './support/origin-server.ts';

const EXAMPLES = join(import.meta.dirname, '../examples');

/** A running example, in folders of its own, and what it has printed. */
class Example {
  readonly folder = mkdtempSync(join(tmpdir(), 'dragonload-example-'));
  output = '';
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  readonly #exit: Promise<unknown[]>;

  constructor(t: TestContext, name: string, argv: (folder: string) => readonly string[]) {
    const env = { ...process.env, DRAGONLOAD_HOME: join(this.folder, 'home') };
    this.#child = spawn(process.execPath, [join(EXAMPLES, name), ...argv(this.folder)], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#exit = once(this.#child, 'close');
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    t.after(async () => {
      this.#child.kill('SIGKILL');
      await this.#exit;
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  async line(pattern: RegExp): Promise<string> {
    for (let match = pattern.exec(this.output); ; match = pattern.exec(this.output)) {
      if (match) return match[1] ?? match[0];
      await Promise.race([once(this.#child.stdout, 'data'), this.#exit.then(() => assert.fail(this.output))]);
    }
  }

  /** Waits for the end and compares the file. */
  async has(name: string, sha256: string): Promise<void> {
    assert.deepEqual(await this.#exit, [0, null], this.output);
    const bytes = readFileSync(join(this.folder, name));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256);
  }
}

/** A port that nobody uses at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

test('the example for get downloads a file', async (t) => {
  const file = knownFile('example get', 2 * MIB);
  await using origin = await startOrigin({ files: { '/one.bin': file } });
  await new Example(t, 'get.ts', (folder) => [origin.url(), folder]).has('one.bin', file.sha256);
});

test('the examples for host and join download a file together', async (t) => {
  const file = knownFile('example room', 6 * MIB);
  await using origin = await startOrigin({ files: { '/two.bin': file }, ratePerConnection: MIB });
  const host = new Example(t, 'host.ts', (folder) => [origin.url(), folder]);
  const invite = await host.line(/^invite (.+)\n/m);
  const guest = new Example(t, 'join.ts', (folder) => [invite, folder]);
  await Promise.all([host.has('two.bin', file.sha256), guest.has('two.bin', file.sha256)]);
  assert.match(guest.output, /[1-9]\d* over the LAN/);
});

test('the example for a list of users needs no invite', async (t) => {
  const file = knownFile('example list', 6 * MIB);
  await using origin = await startOrigin({ files: { '/list.bin': file }, ratePerConnection: MIB });
  const places = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const users = places.map(
    (_, id) =>
      new Example(t, 'start-dragonload.ts', (folder) => [origin.url(), String(id), folder, ...places]),
  );
  await Promise.all(users.map((user) => user.has('list.bin', file.sha256)));
  for (const { output } of users) assert.match(output, /[1-9]\d* over the LAN/);
});
