import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');
const MAX_LINES = 400;

/** What each layer of src/ may import, itself aside. `package` stands for anything outside the project. */
const ALLOWED: Record<string, readonly string[]> = {
  core: [],
  gen: ['package'],
  origin: ['core', 'package'],
  system: ['core', 'package'],
  store: ['core', 'system', 'package'],
  disk: ['core', 'system', 'package'],
  lan: ['core', 'gen', 'package'],
  member: ['core', 'origin', 'disk', 'lan', 'system', 'store', 'package'],
  dragonvault: ['core', 'gen', 'lan', 'package'],
  cli: ['core', 'member', 'package'],
  tui: ['core', 'member', 'package'],
  '': ['core', 'member'],
};

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function layerOf(file: string): string {
  const [, layer = '', ...rest] = file.split('/');
  return rest.length > 0 ? layer : '';
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name]) => name!);
}

test('each layer imports only the layers below it', () => {
  const isOfTests = (file: string) => file.endsWith('.test.ts') || file.includes('/testing/');
  const files = sources('src').filter((file) => !isOfTests(file));
  assert.ok(files.length > 50, 'the sources were found');
  const broken: string[] = [];
  for (const file of files) {
    const layer = layerOf(file);
    const allowed = ALLOWED[layer];
    assert.ok(allowed, `${file} is in a layer without a rule`);
    for (const name of importsOf(file)) {
      const target = name.startsWith('.')
        ? layerOf(relative(ROOT, normalize(join(ROOT, dirname(file), name))))
        : 'package';
      if (target !== layer && !allowed.includes(target)) broken.push(`${file} imports ${name}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('no file outgrows its room', () => {
  const folders = ['src', 'sim', 'lab', 'test', 'examples', 'scripts'];
  const long = folders
    .flatMap(sources)
    .filter((file) => !file.includes('/gen/'))
    .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length }))
    .filter(({ lines }) => lines > MAX_LINES);
  assert.deepEqual(long, []);
});
