import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Workbench } from '../machine/workbench.ts';
import { HERE, isRoot, namespace } from '../network/topology.ts';
import { Member } from '../programs/members.ts';
import { freePort, makeFile, Origin, type ServedFile } from '../programs/origin.ts';
import type { Row } from '../report/row.ts';
import type { LoopbackScenario } from './scenarios.ts';

const PATIENCE_MS = 120_000;
/** Of what TLS alone reaches; or `FLOOR` MB/s, whichever is less. */
const TLS_SHARE = 0.8;
const FLOOR = 350;

/** The host has the whole file; a joiner pulls all of it over one machine's loopback. */
export async function runBulk(bench: Workbench, name: string, scenario: LoopbackScenario): Promise<Row> {
  // In a namespace of its own nobody else's bytes are on the loopback.
  const place = isRoot() ? namespace(bench, 'o', '192.168.77.10/24') : HERE;
  const file = await makeFile(bench, 'file.bin', scenario.sizeBytes);
  const tls = await tlsRate(bench, file);
  if (place !== HERE) execFileSync('ip', ['-n', place.name, 'addr', 'add', '10.99.0.1/32', 'dev', 'lo']);
  const origin = await Origin.start(bench, place);
  const host = Member.start(bench, {
    name: 'm0',
    place,
    mode: 'host',
    target: origin.url(file),
    args: ['--stay'],
  });
  const { link } = await host.first('invite', 20_000);
  await host.first('done', PATIENCE_MS);
  const fetched = await origin.sentBytes();

  const hostCpu = host.running.usage().cpuSeconds;
  const joiner = Member.start(bench, { name: 'm1', place, mode: 'join', target: link ?? '' });
  const window = transferWindow(host.running.pid, file.sizeBytes);
  await joiner.first('done', PATIENCE_MS);
  const rate = window.stop();
  const seconds = (joiner.doneMs! - joiner.running.startedMs) / 1000;
  const joinerExit = await joiner.ended(20_000);
  host.running.child.kill('SIGTERM');
  const hostExit = await host.ended(20_000);
  await joiner.verify(file);
  const overOrigin = ((await origin.sentBytes()) - fetched) / file.sizeBytes;
  const limit = Math.min(FLOOR, TLS_SHARE * tls);
  return {
    scenario: name,
    measured: `${rate.toFixed(0)} MB/s while it flows (${(file.sizeBytes / seconds / 1e6).toFixed(0)} MB/s from process start to done)`,
    value: rate,
    limit: { atLeast: Math.round(limit) },
    originShare: overOrigin,
    originLimit: 0.02,
    cpuSeconds: joiner.running.usage().cpuSeconds + host.running.usage().cpuSeconds - hostCpu,
    peakBytes: Math.max(joiner.running.usage().peakBytes, host.running.usage().peakBytes),
    exits: [hostExit, joinerExit],
    beside: `openssl s_server to s_time: ${tls.toFixed(0)} MB/s; 0.8 of it ${(TLS_SHARE * tls).toFixed(0)}`,
    faults: joinerExit === 0 ? [] : ['exit code'],
    details: { rate, seconds, tls, sizeBytes: file.sizeBytes },
  };
}

/** MB/s of one TLS connection between two openssl processes that send this file. */
async function tlsRate(bench: Workbench, file: ServedFile): Promise<number> {
  const key = bench.path('key.pem');
  const certificate = bench.path('certificate.pem');
  const make = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=lab'.split(
    ' ',
  );
  execFileSync('openssl', [...make, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const port = await freePort();
  const server = bench.start(
    [
      'openssl',
      's_server',
      '-WWW',
      '-quiet',
      '-accept',
      `127.0.0.1:${port}`,
      '-cert',
      certificate,
      '-key',
      key,
    ],
    { log: 's_server.log', directory: bench.path('www') },
  );
  for (let i = 0; !(await answers(port)); i++) {
    if (i === 100) throw new Error(`openssl s_server does not answer: ${bench.tail('s_server.log')}`);
    await sleep(20);
  }
  const seconds = file.sizeBytes < 2 ** 29 ? 1 : 3;
  const client = bench.start(
    [
      'openssl',
      's_time',
      '-connect',
      `127.0.0.1:${port}`,
      '-www',
      `/${file.name}`,
      '-new',
      '-time',
      String(seconds),
    ],
    { log: 's_time.log' },
  );
  const exit = await client.exited;
  const took = (performance.now() - client.startedMs) / 1000;
  server.child.kill('SIGTERM');
  const bytes = Number(/bytes read (\d+)/.exec(bench.tail('s_time.log'))?.[1]);
  if (exit !== 0 || !(bytes > 0)) throw new Error(`openssl s_time failed: ${bench.tail('s_time.log')}`);
  return bytes / took / 1e6;
}

/** Watches the loopback of a process's namespace: the rate between the first and the last twentieth of `sizeBytes`. */
function transferWindow(pid: number, sizeBytes: number): { stop(): number } {
  const read = (): number => {
    try {
      return Number(/^\s*lo:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/net/dev`, 'latin1'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  };
  const first = read();
  const samples: { ms: number; bytes: number }[] = [];
  const timer = setInterval(() => samples.push({ ms: performance.now(), bytes: read() - first }), 10).unref();
  return {
    stop() {
      clearInterval(timer);
      const from = samples.find((sample) => sample.bytes >= sizeBytes * 0.05);
      const to = samples.find((sample) => sample.bytes >= sizeBytes * 0.95);
      return from === undefined || to === undefined ? 0 : (to.bytes - from.bytes) / (to.ms - from.ms) / 1000;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}
