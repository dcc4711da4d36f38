import type { Extra, Row } from './matrix-row.ts';

const COMPARED: Extra = {
  bytes: 1024 * 1024,
  why: 'The second address has to show that it has the same file, and a transfer that ends badly had bytes on their way.',
};
const COMPARED_WHOLE: Extra = {
  files: 1,
  why: 'Blocks of an address that serves no parts are compared, too: it may be read whole for the last of them.',
};

/** A second address of the file, where nothing is wrong, makes good what goes wrong at the first. */
export const MIRROR_ROWS: readonly Row[] = [
  { name: '404 from the third request on', faults: { status: 404, after: 2 } },
  { name: '503 from the third request on', faults: { status: 503, after: 2, retryAfter: '30' } },
  { name: '200 to every range but the first', faults: { ignoreRange: true, after: 1 } },
  {
    name: 'resets before the first byte from the second request on',
    faults: { resetAfterBytes: 0, after: 1 },
  },
  {
    name: 'a file that changes in size',
    faults: { changedContent: { seed: 'changed', sizeBytes: 5_000_000 }, after: 2 },
  },
].map(({ name, faults }) => ({
  name: `a mirror beside an address with ${name}`,
  faults,
  mirror: true,
  expected: 'done',
  extra: faults.ignoreRange === true ? COMPARED_WHOLE : COMPARED,
}));
