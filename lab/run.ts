// npm run lab -- [name...] [--list] [--runs N] [--quick] [--json FILE] [--no-write] [--dir DIR]
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Workbench } from './machine/workbench.ts';
import { isRoot } from './network/topology.ts';
import { PROGRAM } from './programs/members.ts';
import { failedRow, middleRow, type Row, shortcomings } from './report/row.ts';
import {
  BESIDE_TABLE,
  LAB_TABLE,
  mergeIntoDocument,
  renderBeside,
  renderRow,
  renderTable,
} from './report/table.ts';
import { runAlone, runResume } from './runs/run-alone.ts';
import { runBeside } from './runs/run-beside.ts';
import { runBulk } from './runs/run-bulk.ts';
import { runCrawl } from './runs/run-crawl.ts';
import { runHelp, runMemory, runPaired, runTiny } from './runs/run-loopback.ts';
import { runPool } from './runs/run-pool.ts';
import { quick, SCENARIOS, type Scenario } from './runs/scenarios.ts';

const DOCUMENT = fileURLToPath(new URL('../docs/lab.md', import.meta.url));
const USAGE = `npm run lab -- [NAME...] [options]
  --list        the scenarios, and no more
  --runs N      run each N times; the table shows the middle one
  --quick       smaller files; writes nothing to docs/lab.md
  --json FILE   everything that was measured
  --no-write    leave docs/lab.md alone
  --dir DIR     where files go (default: /dev/shm if there is room, else the temporary folder)
`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    runs: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    'no-write': { type: 'boolean', default: false },
    dir: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  // Leaving runs the exit handler of the workbench in use, which takes everything away.
  process.once(signal, () => process.exit(code));
}
process.exitCode = await main();

async function main(): Promise<number> {
  if (options.help) return say(USAGE, 0);
  if (options.list)
    return say(`${[...SCENARIOS].map(([name, s]) => `${name.padEnd(15)}${describe(s)}`).join('\n')}\n`, 0);
  const unknown = positionals.filter((name) => !SCENARIOS.has(name));
  const runs = Number(options.runs);
  if (unknown.length > 0) return say(`No such scenario: ${unknown.join(', ')}. See --list.\n`, 2);
  if (!Number.isInteger(runs) || runs < 1 || runs > 100)
    return say('--runs takes a number from 1 to 100.\n', 2);
  if (process.platform !== 'linux')
    return say('The lab needs Linux: it uses network namespaces and /proc.\n', 2);
  if (!existsSync(PROGRAM)) return say(`There is no ${PROGRAM}. Run npm run build first.\n`, 2);
  const names = positionals.length > 0 ? positionals : [...SCENARIOS.keys()];
  const shaped = names.filter((name) => isShaped(SCENARIOS.get(name)!));
  if (shaped.length > 0 && !isRoot()) {
    return say(
      `The lab needs root to make network namespaces for: ${shaped.join(', ')}.\nRun it with sudo, or name only others (--list).\n`,
      2,
    );
  }

  const rows: Row[] = [];
  for (const name of names) {
    const measured: Row[] = [];
    for (let i = 0; i < runs; i++) measured.push(await measure(name));
    const row = middleRow(measured);
    rows.push(row);
    const missed = shortcomings(row);
    process.stderr.write(
      `${name}: ${row.measured}${missed.length === 0 ? '' : `  MISSED: ${missed.join('; ')}`}\n`,
    );
  }
  const at = commit();
  let document = readFileSync(DOCUMENT, 'utf8');
  for (const [table, render] of [
    [LAB_TABLE, renderRow],
    [BESIDE_TABLE, renderBeside],
  ] as const) {
    const own = rows.filter(
      (row) => (SCENARIOS.get(row.scenario)?.kind === 'beside') === (table === BESIDE_TABLE),
    );
    if (own.length === 0) continue;
    const lines = own.map((row) => render(row, at));
    process.stdout.write(`${renderTable(lines, table)}\n`);
    document = mergeIntoDocument(document, lines, [...SCENARIOS.keys()], table);
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ at, rows }, null, 2)}\n`);
  if (!options.quick && !options['no-write']) {
    writeFileSync(DOCUMENT, document);
  }
  return rows.every((row) => shortcomings(row).length === 0) ? 0 : 1;
}

async function measure(name: string): Promise<Row> {
  const known = SCENARIOS.get(name)!;
  const scenario = options.quick ? quick(known) : known;
  process.stderr.write(`${name}: ${describe(scenario)} ...\n`);
  try {
    const onDisk = scenario.kind === 'beside' && scenario.onDisk === true;
    using bench = new Workbench(options.dir ?? (onDisk ? tmpdir() : roomyFolder()));
    const patienceMs = 'seconds' in scenario ? scenario.seconds * 12_000 + 180_000 : 900_000;
    const late = sleep(patienceMs, undefined, { ref: false }).then(() => {
      throw new Error(`took more than ${patienceMs / 1000} s`);
    });
    return await Promise.race([run(bench, name, scenario), late]);
  } catch (error) {
    return failedRow(name, error);
  }
}

function run(bench: Workbench, name: string, scenario: Scenario): Promise<Row> {
  switch (scenario.kind) {
    case 'pool':
      return runPool(bench, name, scenario);
    case 'alone':
      return runAlone(bench, name, scenario);
    case 'resume':
      return runResume(bench, name, scenario);
    case 'paired':
      return runPaired(bench, name, scenario);
    case 'memory':
      return runMemory(bench, name, scenario);
    case 'bulk':
      return runBulk(bench, name, scenario);
    case 'help':
      return runHelp(bench, name, scenario);
    case 'tiny':
      return runTiny(bench, name, scenario);
    case 'beside':
      return runBeside(bench, name, scenario);
    case 'crawl':
      return runCrawl(bench, name, scenario);
  }
}

function describe(scenario: Scenario): string {
  if (scenario.kind === 'pool') {
    const half = scenario.atHalf;
    const change =
      half === undefined
        ? ''
        : half === 'last-joins'
          ? ', the last joins at half'
          : `, member ${half.kill} killed at half`;
    return `${scenario.wanMbit.join(' + ')} Mbit/s, LAN ${scenario.lanMbit} Mbit/s, bound ${scenario.seconds} s${change}`;
  }
  if ('seconds' in scenario)
    return `${scenario.kind}: one link of ${scenario.wanMbit} Mbit/s, bound ${scenario.seconds} s`;
  if (scenario.kind === 'crawl') {
    const when = scenario.from === 0 ? 'from the start' : 'from half on';
    return `crawl: ${scenario.connections} connections of ${scenario.bytesPerSecond / 1e6} MB/s, one at 1% of that ${when}, ${scenario.rounds} rounds`;
  }
  const where = isShaped(scenario) && 'wanMbit' in scenario ? `${scenario.wanMbit} Mbit/s` : 'unshaped';
  const files = scenario.kind === 'beside' && scenario.files > 1 ? `${scenario.files} x ` : '';
  return `${scenario.kind}: ${files}${scenario.sizeBytes} bytes, ${scenario.rounds} rounds, ${where}`;
}

/** Over links of its own making: needs root. */
function isShaped(scenario: Scenario): boolean {
  return 'wanMbit' in scenario && scenario.wanMbit !== undefined;
}

/** Memory is fast and always alike; disk when there is not enough of it. */
function roomyFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    const free =
      Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1] ?? 0) * 1024;
    if (Math.min(bavail * bsize, free) > 14e9) return '/dev/shm';
  } catch {
    // No such folder here.
  }
  return tmpdir();
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}

function say(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(text);
  return code;
}
