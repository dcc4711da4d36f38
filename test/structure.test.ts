import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { test } from 'node:test';
import { circles } from './support/circles.ts';

const ROOT = join(import.meta.dirname, '..');
const MAX_LINES = 300;
/** Lines of one folder, without its tests and without the folders in it. */
const MAX_FOLDER_LINES = 2_500;
const FOLDERS = ['src', 'sim', 'lab', 'test', 'examples', 'scripts'];

/** What each layer of src/ may import, itself aside. `package` stands for anything outside the project. */
const ALLOWED: Record<string, readonly string[]> = {
  core: [],
  url: ['core'],
  gen: ['package'],
  system: ['core', 'package'],
  origin: ['core', 'url', 'package'],
  store: ['core', 'system', 'package'],
  disk: ['core', 'system', 'package'],
  lan: ['core', 'url', 'gen', 'package'],
  lists: ['core', 'url', 'origin', 'package'],
  downloads: ['core', 'url', 'origin', 'disk', 'store', 'lists', 'package'],
  engine: ['core', 'url', 'origin', 'disk', 'lan', 'system', 'store', 'lists', 'downloads', 'package'],
  app: ['core', 'url', 'engine', 'lists', 'downloads', 'package'],
  dragonvault: ['core', 'url', 'gen', 'lan', 'package'],
  cli: ['core', 'url', 'engine', 'lists', 'downloads', 'app', 'package'],
  tui: ['core', 'url', 'app', 'package'],
  '': ['core', 'engine', 'lists', 'app'],
};

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

/** Files that only tests run: they may import anything of src/ and nothing may import them. */
function isOfTests(file: string): boolean {
  return file.endsWith('.test.ts') || file.startsWith('src/testing/');
}

const PRODUCT = sources('src').filter((file) => !isOfTests(file));

function layerOf(file: string): string {
  const [, layer = '', ...rest] = file.split('/');
  return rest.length > 0 ? layer : '';
}

/** What a file imports: paths from the root of the project, names of packages as they are. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const names = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name]) => name!);
  return names.map((name) =>
    name.startsWith('.') ? relative(ROOT, normalize(join(ROOT, dirname(file), name))) : name,
  );
}

test('each layer imports only the layers below it', () => {
  assert.ok(PRODUCT.length > 50, 'the sources were found');
  const broken: string[] = [];
  for (const file of PRODUCT) {
    const layer = layerOf(file);
    const allowed = ALLOWED[layer];
    assert.ok(allowed, `${file} is in a layer without a rule`);
    for (const name of importsOf(file)) {
      const target = name.startsWith('src/') ? layerOf(name) : 'package';
      if (target !== layer && !allowed.includes(target)) broken.push(`${file} imports ${name}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('nothing of src imports from test, sim or lab, not even its tests', () => {
  const broken = sources('src').flatMap((file) =>
    importsOf(file)
      .filter((name) => /^(test|sim|lab|\.\.)\//.test(name))
      .map((name) => `${file} imports ${name}`),
  );
  assert.deepEqual(broken, []);
});

test('files import each other in no circle', () => {
  const files = ['src', 'sim', 'lab', 'test'].flatMap(sources);
  const known = new Set(files);
  const graph = new Map(files.map((file) => [file, importsOf(file).filter((name) => known.has(name))]));
  assert.deepEqual(circles(graph), []);
});

test('folders import each other in no circle', () => {
  const files = [...PRODUCT, ...sources('sim'), ...sources('lab')].filter((file) => !isOfTests(file));
  const graph = new Map<string, string[]>();
  for (const file of files) {
    const folder = dirname(file);
    const others = importsOf(file)
      .filter((name) => name.endsWith('.ts'))
      .map(dirname)
      .filter((name) => name !== folder);
    graph.set(folder, [...(graph.get(folder) ?? []), ...others]);
  }
  assert.deepEqual(circles(graph), []);
});

test('no file and no folder outgrows its room', () => {
  const files = FOLDERS.flatMap(sources).filter((file) => !file.includes('/gen/'));
  const lines = new Map(
    files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1]),
  );
  const long = files.filter((file) => lines.get(file)! > MAX_LINES);
  const folders = new Map<string, number>();
  for (const file of files.filter((file) => !file.endsWith('.test.ts')))
    folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + lines.get(file)!);
  const full = [...folders].filter(([, count]) => count > MAX_FOLDER_LINES);
  assert.deepEqual({ long, full }, { long: [], full: [] });
});
