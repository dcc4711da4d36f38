/** The oldest Node that runs this program, as in `engines` of package.json. */
const [MAJOR, MINOR] = [24, 7];

/**
 * What to tell the user when this Node is too old, with a line for what to do; undefined when it will do. `version` is such
 * as `process.versions.node` has it. Imports nothing and uses no new syntax, so that an old Node can run it.
 */
export function tooOldMessage(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > MAJOR || (major === MAJOR && minor >= MINOR)) return undefined;
  return (
    `dragonload: This needs Node ${MAJOR}.${MINOR} or newer; this is Node ${version}.\n` +
    '  Install it from https://nodejs.org, or in a checkout, after npm ci, run: npx dragonload\n'
  );
}
