// Bundles the command line and the library into dist/: one file loads faster than a hundred.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { build } from 'esbuild';

/** What CommonJS packages ask of Node goes through one helper of esbuild's: the file that has it needs a `require`. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
const HELPER = 'typeof require';

await rm('dist', { recursive: true, force: true });
const { outputFiles } = await build({
  entryPoints: {
    dragonload: 'src/cli/main.ts',
    index: 'src/index.ts',
    'hash-worker': 'src/disk/hashing/hash-worker.ts',
  },
  outdir: 'dist',
  write: false,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24.7',
  sourcemap: 'linked',
  legalComments: 'none',
  banner: { js: REQUIRE },
});
for (const { path, text, contents } of outputFiles) {
  const isNeeded = !path.endsWith('.js') || text.includes(HELPER);
  await mkdir(dirname(path), { recursive: true });
  // The line stays, empty: source maps count lines. Made in forty files, it would cost 8 ms of each start.
  await writeFile(path, isNeeded ? contents : text.replace(REQUIRE, ''), {
    mode: path.endsWith('dragonload.js') ? 0o755 : 0o644,
  });
}
