import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERROR_CODES } from '../src/core/errors.ts';

const ROOT = join(import.meta.dirname, '..');
/** `src/system` starts programs of other people, whose flags are not ours. */
const FACES = ['src/cli/', 'src/system/', 'src/testing/', 'src/gen/'];
const COMMANDS =
  'get|host|join|ls|history|pause|resume|priority|limit|refresh|rm|vault|completion|same command';
/** A flag of the command line, a command to type or a key to press: other faces have none of them. */
const OF_A_FACE = new RegExp(`(^|[\\s'"\`(])--[a-z]|dragonload (${COMMANDS})\\b|same command|\\bCtrl-[A-Z]`);
/** Comments and string literals, whichever begins first. */
const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** The string literals of a source file that name something only the command line has. */
function wordsOfFaces(source: string): string[] {
  return [...source.matchAll(TOKEN)]
    .map(([token]) => token)
    .filter((token) => !token.startsWith('/') && OF_A_FACE.test(token.slice(1, -1)));
}

test('a flag, a command and a key are found in string literals, and not in comments', () => {
  assert.deepEqual(wordsOfFaces("// use --dir\nconst a = 'use --dir';"), ["'use --dir'"]);
  assert.deepEqual(wordsOfFaces('const a = `Then: dragonload refresh 7 URL`;').length, 1);
  assert.deepEqual(wordsOfFaces("/* it's */ f('Run the same command again.');").length, 1);
  assert.deepEqual(wordsOfFaces("f('Ctrl-C ends it.')").length, 1);
  assert.deepEqual(wordsOfFaces("f('dragonload piece v1'); --count; f('a--b')"), []);
});

test('below the command line no text names its flags, commands or keys', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => `src/${name}`)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .filter((name) => !FACES.some((folder) => name.startsWith(folder)));
  assert.ok(files.length > 50, 'the sources were found');
  const found = files.flatMap((file) =>
    wordsOfFaces(readFileSync(join(ROOT, file), 'utf8')).map((text) => `${file}: ${text}`),
  );
  assert.deepEqual(found, []);
});

test('every error code is documented, and no other', () => {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `([a-z-]+)` \| [^|]+ \| [^|]+ \|$/gm)].map(([, code]) => code);
  assert.deepEqual(documented.toSorted(), ERROR_CODES.toSorted());
});
