// npm start: shows on this machine alone what Dragonload does on several. Needs no root and no network.
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Workbench } from '../machine/workbench.ts';
import { Link } from '../network/link.ts';
import { Member, type MemberOptions } from '../programs/members.ts';
import { type Gauge, mb, Screen } from './demo-screen.ts';

const FILE_MIB = 27;
const LINK_BYTES_PER_SECOND = 2e6;
const JOINERS = 2;
const PATIENCE_MS = 60_000;
const DRAW_MS = 200;
const ORIGIN = fileURLToPath(new URL('../../src/testing/origin-server/origin-main.ts', import.meta.url));
const VIA_LINK = new URL('../network/via-link.ts', import.meta.url).href;

interface OriginFile {
  readonly url: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A member and the link that it has for itself. */
interface Seat {
  readonly member: Member;
  readonly link: Link;
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  // The workbench cleans up on exit.
  process.once(signal, () => process.exit(code));
}
try {
  await demo();
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function demo(): Promise<void> {
  using bench = new Workbench(tmpdir());
  await using links = new AsyncDisposableStack();
  const screen = new Screen(process.stdout.isTTY === true);
  const origin = await startOrigin(bench);

  const seat = async (options: Omit<MemberOptions, 'environment' | 'nodeArgs'>): Promise<Seat> => {
    const originPort = Number(new URL(origin.url).port);
    const link = links.use(await Link.open(originPort, LINK_BYTES_PER_SECOND));
    const environment = { DEMO_ORIGIN_PORT: String(originPort), DEMO_LINK_PORT: String(link.port) };
    return {
      link,
      member: Member.start(bench, { ...options, environment, nodeArgs: ['--import', VIA_LINK] }),
    };
  };

  console.log(`A web server has a file of ${mb(origin.sizeBytes).trim()}. ${JOINERS + 1} people want it; each link carries 2 MB/s.
All of them are real processes on this machine; a link is a relay that lets
2 MB/s through.

Together: dragonload host, and ${JOINERS} x join (█ own link, ▒ from the others)`);
  const host = await seat({ name: 'host', mode: 'host', target: origin.url });
  const { link: invite = '' } = await host.member.first('invite', PATIENCE_MS);
  const pool = [host];
  for (let i = 1; i <= JOINERS; i++)
    pool.push(await seat({ name: `joiner-${i}`, mode: 'join', target: invite }));
  const together = await watch(pool, origin, screen);

  console.log('\nAlone: dragonload get, over one such link');
  const one = await seat({ name: 'alone', mode: 'get', target: origin.url });
  const alone = await watch([one], origin, screen);

  for (const { member } of [...pool, one]) await member.verify({ name: '', ...origin });
  const fetched = pool.reduce((sum, { link }) => sum + link.carriedBytes, 0);
  const swapped = pool.reduce((sum, { member }) => sum + lanBytes(member), 0);
  console.log(`
  together  ${together.toFixed(1).padStart(5)} s   the web server sent ${(fetched / origin.sizeBytes).toFixed(2)} x the file; ${mb(swapped).trim()} swapped
  alone     ${alone.toFixed(1).padStart(5)} s   the web server sent ${(one.link.carriedBytes / origin.sizeBytes).toFixed(2)} x the file

${(alone / together).toFixed(1)} times faster, from the start of the first process to the last complete file.
All ${pool.length + 1} files have the SHA-256 of the original: ${origin.sha256.slice(0, 16)}...`);
}

/** Draws until all are done and gone. Resolves to the seconds from the first start to the last `done`. */
async function watch(seats: readonly Seat[], { sizeBytes }: OriginFile, screen: Screen): Promise<number> {
  const startMs = seats[0]!.member.running.startedMs;
  const draw = (): void =>
    screen.draw(
      seats.map((seat) => gauge(seat, sizeBytes)),
      performance.now() - startMs,
    );
  const timer = setInterval(draw, DRAW_MS);
  try {
    await Promise.all(seats.map(({ member }) => member.first('done', PATIENCE_MS)));
  } finally {
    clearInterval(timer);
  }
  draw();
  screen.settle();
  const exits = await Promise.all(seats.map(({ member }) => member.ended(PATIENCE_MS)));
  if (exits.some((exit) => exit !== 0)) throw new Error(`The members ended with ${exits.join(', ')}.`);
  return (Math.max(...seats.map(({ member }) => member.doneMs!)) - startMs) / 1000;
}

/** What came over the own link is counted by the link; what came over the LAN is what the member says. */
function gauge({ member, link }: Seat, sizeBytes: number): Gauge {
  return {
    name: member.name,
    sizeBytes,
    ownBytes: link.carriedBytes,
    lanBytes: lanBytes(member),
    done: member.doneMs !== undefined,
  };
}

function lanBytes(member: Member): number {
  return member.events.reduce((most, event) => Math.max(most, event.lanBytes ?? 0), 0);
}

/** A real HTTP server in a process of its own, as fast as the machine: the links are what limits. */
async function startOrigin(bench: Workbench): Promise<OriginFile> {
  const argv = [process.execPath, ORIGIN, '--size', `${FILE_MIB}M`, '--path', '/holiday.mp4', '--sha256'];
  const running = bench.start(argv, { log: 'origin.log', readStdout: true });
  for await (const line of createInterface({ input: running.child.stdout! }))
    return JSON.parse(line) as OriginFile;
  throw new Error(`The origin did not start: ${bench.tail('origin.log')}`);
}
