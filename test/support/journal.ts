import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Member } from './members.ts';
import type { Stage } from './stage.ts';

/** What the tests' files of up to 64 MiB are cut into. */
export const PIECE_BYTES = 256 * 1024;

/** What the journals of a member say that it has on disk: the header comes first, then a line for each piece. */
export function heldBytes(stage: Stage, name: string): number {
  const folder = join(stage.home(name), 'data/journals');
  try {
    const journals = readdirSync(folder).filter((file) => file.endsWith('.jsonl'));
    const lines = journals.map((file) => readFileSync(join(folder, file), 'utf8').split('\n').length - 2);
    return lines.reduce((sum, pieces) => sum + Math.max(0, pieces), 0) * PIECE_BYTES;
  } catch {
    return 0;
  }
}

/** Waits until a member has so many bytes on disk. */
export async function untilHeld(stage: Stage, member: Member, bytes: number): Promise<void> {
  await member.until(
    () => heldBytes(stage, member.name) >= bytes,
    `${bytes} bytes on disk (it has ${heldBytes(stage, member.name)})`,
  );
}
