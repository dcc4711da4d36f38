import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  assertSameBytes,
  bytesOf,
  fill,
  keepPiece,
  openPart,
  sha256,
  smallDisk,
  temporaryDirectory,
  writeRange,
} from '../testing/disk/parts.ts';
import { saveWhole } from './save-whole.ts';

const PIECE = 256 * 1024;
const content = bytesOf(5 * PIECE + 99);

const NAMES: readonly (readonly [given: string, safe: string])[] = [
  ['../../x', 'x'],
  ['/etc/passwd', 'passwd'],
  ['..\\..\\x.exe', 'x.exe'],
  ['CON', '_CON'],
  ['nul.txt', '_nul.txt'],
  ['photo\u202egpj.exe', 'photogpj.exe'],
  ['\u200fleft\u200eright\u2067.txt', 'leftright.txt'],
  ['dots. . .', 'dots'],
  ['..', 'download'],
  ['.ssh', '_ssh'],
  [`${'\u{1f409}'.repeat(75)}.bin`, `${'\u{1f409}'.repeat(56)}.bin`],
];

test('whatever a file is called, it stays in its directory under a name that all systems have', async (t) => {
  for (const [fileName, safe] of NAMES) {
    const directory = join(await temporaryDirectory(t), 'deep', 'here');
    const dataDir = join(directory, '..', 'data');
    const part = await openPart(t, directory, content, { fileName, dataDir });
    await fill(part, content);
    const done = await part.finish();
    assert.equal(done.path, join(directory, safe));
    await part[Symbol.asyncDispose]();
    await rm(done.path);
    const bytes = content.subarray(0, 1000);
    const whole = await saveWhole({ directory, fileName, bytes, dataDir, expected: [] });
    assert.equal(whole?.path, join(directory, safe));
    assert.deepEqual(await readdir(join(directory, '..', '..')), ['deep']);
    assert.deepEqual(await readdir(directory), [safe]);
  }
});

test('the longest name there can be takes a number, a part and a part put aside', async (t) => {
  const directory = await temporaryDirectory(t);
  const fileName = `${'й'.repeat(150)}.bin`;
  await writeFile(join(directory, `${'й'.repeat(113)}.bin`), 'precious');
  const first = await openPart(t, directory, content, { fileName });
  await writeRange(first, content, 0, PIECE);
  await keepPiece(first, content, 0);
  await first[Symbol.asyncDispose]();
  const identity = { sizeBytes: content.length, etag: '"two"', lastModified: undefined };
  const part = await openPart(t, directory, content, { fileName, identity });
  assert.equal(part.resumed.length, 0);
  await fill(part, content);
  const { path } = await part.finish();
  assert.equal(path, join(directory, `${'й'.repeat(113)} (1).bin`));
});

for (const [what, output] of [
  ['of 300 bytes', 'x'.repeat(300)],
  ['with a zero byte', 'a\0b'],
] as const) {
  test(`a name ${what} that the user gives is unwritable, and nothing is made`, async (t) => {
    const directory = await temporaryDirectory(t);
    const dataDir = join(directory, 'data');
    await assert.rejects(openPart(t, directory, content, { output }), { code: 'unwritable' });
    const whole = { directory, fileName: 'x', output, bytes: Buffer.of(1), dataDir, expected: [] };
    await assert.rejects(saveWhole(whole), { code: 'unwritable' });
    assert.deepEqual(
      (await readdir(directory)).filter((name) => name !== 'data'),
      [],
    );
  });
}

/** A part that is complete but for its name. */
async function complete(t: TestContext, directory: string) {
  const dataDir = await temporaryDirectory(t);
  const part = await openPart(t, directory, content, { dataDir });
  await fill(part, content);
  return { part, dataDir };
}

const INSTEAD: readonly (readonly [what: string, put: (path: string, victim: string) => Promise<unknown>])[] =
  [
    ['a link', (path, victim) => symlink(victim, path)],
    ['a directory', (path) => mkdir(join(path, 'inside'), { recursive: true })],
    ['another file', (path) => writeFile(path, 'foreign')],
    ['nothing', async () => {}],
  ];
for (const [what, put] of INSTEAD) {
  test(`${what} in place of the part is never named as the file, nor removed`, async (t) => {
    const directory = await temporaryDirectory(t);
    const victim = join(directory, 'victim');
    await writeFile(victim, 'precious');
    const { part, dataDir } = await complete(t, directory);
    await rename(part.partPath, join(directory, 'moved'));
    await put(part.partPath, victim);
    const before = await readdir(directory);
    await assert.rejects(part.finish(), { code: 'unwritable', message: /removed or replaced/ });
    await part.discard();
    assert.deepEqual(await readdir(directory), before);
    assert.equal(await readFile(victim, 'utf8'), 'precious');
    const again = await openPart(t, directory, content, { dataDir });
    assert.equal(again.resumed.length, 0);
    await fill(again, content);
    assertSameBytes(await readFile((await again.finish()).path), content);
    assert.equal(await readFile(victim, 'utf8'), 'precious');
    await again[Symbol.asyncDispose]();
    for (const name of before) assert.ok((await readdir(directory)).includes(name), name);
  });
}

test('a directory that vanishes meanwhile is told at the end, and the next run makes it anew', async (t) => {
  const directory = join(await temporaryDirectory(t), 'here');
  const { part, dataDir } = await complete(t, directory);
  await rm(directory, { recursive: true });
  await assert.rejects(part.finish(), { code: 'unwritable', message: /removed or replaced/ });
  await part[Symbol.asyncDispose]();
  const again = await openPart(t, directory, content, { dataDir });
  await fill(again, content);
  assertSameBytes(await readFile((await again.finish()).path), content);
});

test('a directory that nothing may be written to is unwritable, and nothing is lost when it is so later', async (t) => {
  const directory = await smallDisk(t, 'size=4m');
  if (directory === undefined) return;
  const { execFileSync } = await import('node:child_process');
  const dataDir = await temporaryDirectory(t);
  const remount = (mode: string) => execFileSync('mount', ['-o', `remount,${mode}`, directory]);
  const part = await openPart(t, directory, content, { dataDir });
  await writeRange(part, content, 0, 2 * PIECE);
  for (const piece of [0, 1]) await keepPiece(part, content, piece);
  await part[Symbol.asyncDispose]();
  remount('ro');
  await assert.rejects(openPart(t, directory, content, { dataDir }), { code: 'unwritable' });
  await assert.rejects(openPart(t, directory, content, { dataDir, fileName: 'new' }), { code: 'unwritable' });
  const whole = { directory, fileName: 'new', bytes: Buffer.of(1), dataDir, expected: [] };
  await assert.rejects(saveWhole(whole), { code: 'unwritable' });
  remount('rw');
  const again = await openPart(t, directory, content, { dataDir });
  assert.equal(again.resumed.length, 2);
  await fill(again, content);
  assertSameBytes(await readFile((await again.finish()).path), content);
  await again[Symbol.asyncDispose]();
});

test('a part that somebody has made longer or emptied is cut to its size and checked', async (t) => {
  const directory = await temporaryDirectory(t);
  const dataDir = await temporaryDirectory(t);
  for (const [change, resumed] of [
    [(path: string) => appendFile(path, bytesOf(PIECE)), 3],
    [(path: string) => truncate(path, 0), 0],
    [(path: string) => truncate(path, PIECE), 1],
  ] as const) {
    const part = await openPart(t, directory, content, { dataDir });
    await writeRange(part, content, 0, 3 * PIECE);
    for (const piece of [0, 1, 2]) await keepPiece(part, content, piece);
    await part[Symbol.asyncDispose]();
    await change(part.partPath);
    const again = await openPart(t, directory, content, { dataDir });
    assert.equal(again.resumed.length, resumed);
    assert.equal((await stat(again.partPath)).size, content.length);
    await fill(again, content);
    assert.equal((await again.finish()).sha256, sha256(content));
    await again[Symbol.asyncDispose]();
    await rm(join(directory, 'file.bin'));
  }
});

const JOURNALS: readonly (readonly [
  what: string,
  put: (path: string, victim: string) => Promise<unknown>,
])[] = [
  ['of nothing', (path) => writeFile(path, '')],
  ['of zeros', (path) => writeFile(path, Buffer.alloc(5000))],
  ['cut in its header', (path) => truncate(path, 40)],
  ['without end', (path) => writeFile(path, Buffer.alloc(3_000_000, 'x'))],
  ['of another program', (path) => writeFile(path, '{"name":"x","version":1}\n[]\n')],
  [
    'of pieces of no size',
    async (path) => {
      const text = await readFile(path, 'utf8');
      await writeFile(path, text.replace(/"pieceBytes":\d+/, '"pieceBytes":3'));
    },
  ],
  [
    'that is a directory',
    async (path) => {
      await rm(path);
      await mkdir(join(path, 'inside'), { recursive: true });
    },
  ],
  [
    'that is a link',
    async (path, victim) => {
      await rm(path);
      await symlink(victim, path);
    },
  ],
];
for (const [what, put] of JOURNALS) {
  test(`a journal ${what} is kept aside with its part, and not believed`, async (t) => {
    const directory = await temporaryDirectory(t);
    const victim = join(directory, 'victim');
    await writeFile(victim, 'precious');
    const { part, dataDir } = await complete(t, directory);
    await part[Symbol.asyncDispose]();
    const journals = join(dataDir, 'journals');
    const [name] = (await readdir(journals)) as [string];
    await put(join(journals, name), victim);
    const notices: string[] = [];
    const onNotice = (notice: string) => notices.push(notice);
    const again = await openPart(t, directory, content, { dataDir, onNotice });
    assert.equal(again.resumed.length, 0);
    assert.match(notices.join(), /could not be read: the part was kept as .*old-1/);
    assertSameBytes(await readFile(join(directory, 'file.bin.dragonload.old-1')), content);
    assert.ok((await readdir(journals)).includes(`${name}.corrupt-1`));
    await fill(again, content);
    assert.equal((await again.finish()).sha256, sha256(content));
    assert.equal(await readFile(victim, 'utf8'), 'precious');
  });
}

test('what this user may not write to is unwritable, and stays', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can become somebody else');
  const directory = await temporaryDirectory(t);
  const dataDir = await temporaryDirectory(t);
  const closed = join(directory, 'closed');
  await mkdir(closed);
  await writeFile(join(closed, 'file.bin'), content.subarray(0, 3 * PIECE));
  await chmod(directory, 0o755);
  await chmod(dataDir, 0o777);
  const code = `
    const kit = await import(${JSON.stringify(new URL('../testing/disk/parts.ts', import.meta.url).href)});
    const { saveWhole } = await import(${JSON.stringify(new URL('./save-whole.ts', import.meta.url).href)});
    const { importLeftover } = await import(${JSON.stringify(new URL('./leftovers/import-leftover.ts', import.meta.url).href)});
    const { Geometry } = await import(${JSON.stringify(new URL('../core/geometry.ts', import.meta.url).href)});
    const [directory, dataDir] = process.argv.slice(1);
    const content = kit.bytesOf(${content.length});
    process.setuid(65534);
    const codes = [];
    await kit.openPart({ after() {} }, directory, content, { dataDir }).catch((thrown) => codes.push(thrown.code));
    const common = { directory, fileName: 'file.bin', dataDir };
    await saveWhole({ ...common, bytes: content.subarray(0, 9), expected: [] }).catch((thrown) => codes.push(thrown.code));
    await importLeftover({ ...common, leftover: directory + '/file.bin', url: 'http://origin.test/',
      identity: { sizeBytes: content.length }, geometry: new Geometry(content.length),
      compare: async (start, end) => content.subarray(start, end), onNotice: (notice) => codes.push(notice) });
    console.log(JSON.stringify(codes));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, closed, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await once(child, 'close');
  assert.deepEqual(JSON.parse(output), [
    'unwritable',
    'unwritable',
    'file.bin is left as it is: it may not be written to.',
  ]);
  assert.deepEqual(await readdir(closed), ['file.bin']);
  assertSameBytes(await readFile(join(closed, 'file.bin')), content.subarray(0, 3 * PIECE));
});
