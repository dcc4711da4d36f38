import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertSameBytes, bytesOf, temporaryDirectory } from '../../testing/disk/parts.ts';
import { writeRun } from './part-file.ts';

test('a run of buffers that the system takes only in part is written to its end', async (t) => {
  const directory = await temporaryDirectory(t);
  const content = bytesOf(1000);
  const buffers = [content.subarray(0, 100), content.subarray(100, 600), content.subarray(600)];
  for (const taken of [0, 99, 100, 101, 600, 999, 1000]) {
    const path = join(directory, `taken-${taken}`);
    await using file = await open(path, 'w');
    const real = file.writev.bind(file);
    file.writev = (<T extends readonly NodeJS.ArrayBufferView[]>(_buffers: T, position?: number) =>
      real([content.subarray(0, taken)], position)) as unknown as typeof file.writev;
    await writeRun(file, buffers, 7);
    assertSameBytes((await readFile(path)).subarray(7), content);
  }
});
