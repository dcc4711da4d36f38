import { readFileSync } from 'node:fs';
import module from 'node:module';

/** The version of this package, from the package.json that is nearest; the same for sources and bundle. */
export function packageVersion(): string {
  try {
    const path = module.findPackageJSON(import.meta.url);
    return path === undefined ? 'unknown' : String(JSON.parse(readFileSync(path, 'utf8')).version);
  } catch {
    return 'unknown';
  }
}
