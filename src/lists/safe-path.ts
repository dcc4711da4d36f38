import { safeFileName } from '../core/file-name.ts';

/** Most directories around a file. */
const MAX_DIRECTORIES = 16;

/** A path inside the download directory. */
export interface SafePath {
  /** With `/` between the names; undefined for the download directory itself. */
  readonly directory: string | undefined;
  readonly fileName: string;
}

/**
 * A path that a list names, each part of it made safe (see `safeFileName`). Undefined when it leads out of the download
 * directory, is not relative, names no file, or is deeper than 16 directories. `\` separates names too, everywhere.
 */
export function safePath(path: string): SafePath | undefined {
  // No safe name is longer than 255 bytes.
  if (path.length > 256 * (MAX_DIRECTORIES + 1)) return undefined;
  if (/^[/\\]|^[a-z]:/i.test(path)) return undefined;
  const names = path.split(/[/\\]/).filter((name, at, all) => at === all.length - 1 || !/^\.?$/.test(name));
  if (names.some((name) => /^\s*\.\.\s*$/.test(name))) return undefined;
  const last = names.pop() ?? '';
  if (/^[.\s]*$/.test(last) || names.length > MAX_DIRECTORIES) return undefined;
  return {
    directory: names.length === 0 ? undefined : names.map(safeFileName).join('/'),
    fileName: safeFileName(last),
  };
}
