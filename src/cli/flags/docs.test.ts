import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FLAGS } from './flags.ts';
import { LIST_COMMANDS } from './list-commands.ts';

const DOCS = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
/** Flags of other programs and of this one's help, which are in the docs and in no table. */
const ELSEWHERE = ['--help', '--version'];

/** The rows of the tables of flags: what stands in the first column, and what in the second. */
const ROWS = [...DOCS.matchAll(/^\| (`-.*?`) \| (.*) \|$/gm)].map(([, flags, meaning]) => ({
  flags: flags!,
  meaning: meaning!,
}));

/** The row in which a flag is described. */
function rowOf(long: string): { readonly flags: string; readonly meaning: string } | undefined {
  const named = new RegExp(`(^|[^a-z-])${long}(?![a-z-])`);
  return ROWS.find(({ flags }) => named.test(flags));
}

test('docs/cli.md describes every flag of the table, with its short form, its value and its default', () => {
  for (const { long, short, value, help } of FLAGS) {
    const row = rowOf(long);
    assert.ok(row, `${long} has no row in docs/cli.md`);
    if (short !== undefined) assert.match(row.flags, new RegExp(`\`${short}\\b`), long);
    if (value !== undefined && long !== '--header') assert.ok(row.flags.includes(value), `${long} ${value}`);
    const [, preset] = /\(default: (\d+)\)/.exec(help) ?? [];
    if (preset !== undefined) assert.match(row.meaning, new RegExp(`default ${preset}\\b`), long);
  }
});

test('docs/cli.md says of every command of the table how it is called, and names its flags', () => {
  for (const { name, flags } of LIST_COMMANDS) {
    assert.match(DOCS, new RegExp(`^dragonload ${name}\\b`, 'm'), name);
    const own = flags.filter((flag) => !FLAGS.some(({ long }) => long === flag.long));
    const section = DOCS.slice(DOCS.indexOf('| command | what it does |'), DOCS.indexOf('## Exit codes'));
    for (const { long } of own) assert.ok(section.includes(long), `${name} ${long}`);
  }
});

test('docs/cli.md names no flag that does not exist', () => {
  const known = new Set([
    ...FLAGS.map(({ long }) => long),
    ...LIST_COMMANDS.flatMap(({ flags }) => flags.map(({ long }) => long)),
    ...ELSEWHERE,
  ]);
  const named = [...DOCS.matchAll(/(?<![\w-])--[a-z][\w-]*/g)].map(([flag]) => flag);
  assert.deepEqual([...new Set(named.filter((flag) => !known.has(flag)))], []);
});
