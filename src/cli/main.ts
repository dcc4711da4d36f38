#!/usr/bin/env node
// The entry. It imports nothing that an old Node lacks, so that its first check can speak.
import module from 'node:module';

const NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
  process.stderr.write(
    `dragonload: This needs Node ${NODE_MAJOR} or newer; this is Node ${process.versions.node}.\n` +
      '  Install it from https://nodejs.org, or in a checkout, after npm ci, run: npx dragonload\n',
  );
  process.exitCode = 1;
} else {
  module.enableCompileCache();
  const { main } = await import('./entry.ts');
  await main(process.argv.slice(2));
}
