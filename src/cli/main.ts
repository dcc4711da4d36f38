#!/usr/bin/env node
// The entry. It imports nothing that an old Node lacks, so that its first check can speak.
import module from 'node:module';
import { tooOldMessage } from './node-version.ts';

const tooOld = tooOldMessage(process.versions.node);

if (tooOld !== undefined) {
  process.stderr.write(tooOld);
  process.exitCode = 1;
} else {
  module.enableCompileCache();
  const { main } = await import('./entry.ts');
  await main(process.argv.slice(2));
}
