import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/** The directories of Dragonload, as absolute paths. Asking for them creates none. */
export interface Places {
  /** Settings of the user, and the identity of this installation. */
  readonly configDir: string;
  /** Journals, locks and the list of downloads: without them the progress of unfinished downloads is lost. */
  readonly dataDir: string;
  /** May be deleted at any time. */
  readonly cacheDir: string;
}

const NAME = 'dragonload';

/**
 * The usual places on this system: the XDG Base Directory Specification (version 0.8, freedesktop.org) on Linux
 * and its like, `~/Library` on macOS, `%APPDATA%` and `%LOCALAPPDATA%` on Windows. `home`, or else the variable
 * `DRAGONLOAD_HOME`, moves all three under one folder. XDG: "All paths set in these environment variables must be
 * absolute. If an implementation encounters a relative path ... it should consider the path invalid and ignore it."
 */
export function places(
  home?: string,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Places {
  const path = platform === 'win32' ? win32 : posix;
  const moved = home || env.DRAGONLOAD_HOME;
  if (moved) {
    const root = path.resolve(moved);
    return {
      configDir: path.join(root, 'config'),
      dataDir: path.join(root, 'data'),
      cacheDir: path.join(root, 'cache'),
    };
  }
  const user = (platform === 'win32' ? env.USERPROFILE : env.HOME) || homedir();
  const set = (name: string, ...otherwise: string[]) => {
    const value = env[name];
    return path.join(value && path.isAbsolute(value) ? value : path.join(user, ...otherwise), NAME);
  };
  if (platform === 'win32') {
    const local = set('LOCALAPPDATA', 'AppData', 'Local');
    return {
      configDir: set('APPDATA', 'AppData', 'Roaming'),
      dataDir: path.join(local, 'data'),
      cacheDir: path.join(local, 'cache'),
    };
  }
  if (platform === 'darwin') {
    const support = path.join(user, 'Library', 'Application Support', NAME);
    return {
      configDir: path.join(support, 'config'),
      dataDir: path.join(support, 'data'),
      cacheDir: path.join(user, 'Library', 'Caches', NAME),
    };
  }
  return {
    configDir: set('XDG_CONFIG_HOME', '.config'),
    dataDir: set('XDG_DATA_HOME', '.local', 'share'),
    cacheDir: set('XDG_CACHE_HOME', '.cache'),
  };
}
