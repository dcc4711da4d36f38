import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isAlive, type ProcessMark, thisProcess } from '../../system/process.ts';
import { codeOf } from './disk-error.ts';
import { makeDirectory } from './make-directory.ts';

const GUARD_MS = 10_000;

interface Holder extends ProcessMark {
  /** The purpose that the holder has given. */
  readonly purpose: string;
  /** Random, so that no two claims are equal. */
  readonly token: string;
}

/**
 * A lock between processes: a file that names its holder. A process that died leaves it behind, so a lock is taken over
 * when its process is gone, or when its process number belongs to a process that started at another time.
 */
export class Lock implements AsyncDisposable {
  readonly path: string;
  readonly #content: string;
  #held = true;

  private constructor(path: string, content: string) {
    this.path = path;
    this.#content = content;
  }

  /**
   * Takes the lock; while a living process (this one included) holds it, returns the purpose that the holder has given.
   * `purpose`: the purpose of this caller. Throws system errors.
   */
  static async acquire(path: string, purpose: string): Promise<Lock | { readonly heldFor: string }> {
    await makeDirectory(dirname(path), 0o700);
    const token = randomBytes(12).toString('hex');
    const holder: Holder = {
      ...thisProcess(),
      purpose,
      token,
    };
    const content = JSON.stringify(holder);
    const mine = `${path}.${token}`;
    try {
      await writeFile(mine, content, { mode: 0o600, flag: 'wx' });
      for (let tries = 0; tries < 3; tries++) {
        if (await linked(mine, path)) return new Lock(path, content);
        const found = await contentOf(path);
        if (found === undefined) continue;
        const other = holderFrom(found);
        const busy = { heldFor: String(other?.purpose ?? '') };
        if (other !== undefined && isAlive(other)) return busy;
        if (!(await removeDead(path, found))) return busy;
      }
      return { heldFor: '' };
    } finally {
      await rm(mine, { force: true });
    }
  }

  /** Releases the lock. */
  async release(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    // A process that took it over by mistake keeps it.
    if ((await contentOf(this.path)) === this.#content) await rm(this.path, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/** A link appears with its content in one step and fails if the name is taken. Some file systems have no links. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'EEXIST') return false;
    if (
      code !== 'EPERM' &&
      code !== 'ENOTSUP' &&
      code !== 'EOPNOTSUPP' &&
      code !== 'ENOSYS' &&
      code !== 'EMLINK'
    )
      throw thrown;
  }
  try {
    await writeFile(to, await readFile(from), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

/**
 * Removes a dead lock. Two processes may find it dead at once, and the slower must not remove the lock that the faster
 * has made since: so it is removed only by the process that holds the guard, a directory, and only if it is still the
 * dead one. False: another process is about to take it over.
 */
async function removeDead(path: string, dead: string): Promise<boolean> {
  const guard = `${path}.guard`;
  try {
    await mkdir(guard);
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
    // Held for a few file operations; an old one was left by a crash, and the next attempt finds it gone.
    const age = await stat(guard).then(
      ({ mtimeMs }) => Math.abs(Date.now() - mtimeMs),
      () => 0,
    );
    if (age > GUARD_MS) await rmdir(guard).catch(() => {});
    return false;
  }
  try {
    if ((await contentOf(path)) === dead) await rm(path, { force: true });
    return true;
  } finally {
    await rmdir(guard).catch(() => {});
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

function holderFrom(content: string): Partial<Holder> | undefined {
  try {
    const value: unknown = JSON.parse(content);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
