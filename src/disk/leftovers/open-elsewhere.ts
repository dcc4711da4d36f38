import { readdir, readFile, stat } from 'node:fs/promises';

/**
 * Whether another process has the file open for writing: on Linux, of the processes of this user (proc_pid_fd(5),
 * proc_pid_fdinfo(5)). False where that is not known.
 */
export async function isOpenElsewhere(path: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const wanted = await stat(path, { bigint: true });
  for (const pid of await namesIn('/proc')) {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) continue;
    for (const fd of await namesIn(`/proc/${pid}/fd`)) {
      const found = await stat(`/proc/${pid}/fd/${fd}`, { bigint: true }).catch(() => undefined);
      if (found?.ino !== wanted.ino || found.dev !== wanted.dev) continue;
      if (await isForWriting(`/proc/${pid}/fdinfo/${fd}`)) return true;
    }
  }
  return false;
}

/** Reads of /proc fail when a process ends meanwhile, and for processes of other users. */
async function namesIn(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch(() => []);
}

/** `flags` are octal; the lowest two bits are 0 for reading alone: open(2). */
async function isForWriting(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const flags = /^flags:\s*([0-7]+)$/m.exec(text)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0;
}
