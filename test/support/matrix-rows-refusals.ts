import { serverCertificate } from '../../src/testing/origin-server/certificate.ts';
import type { Outcome, Row } from './matrix-row.ts';

const HERE = { type: 'ip', value: '127.0.0.1' } as const;
const DAY_MS = 24 * 3_600_000;
/** The link worked once, so it has expired: a room waits for a fresh one, since any of its members may have it. */
const EXPIRED: Row['expected'] = { room: 'waits', one: 'done', other: ['link-expired'] };

function refusedWith(status: number, code: 'origin-refused' | 'origin-missing'): Row[] {
  const resume: Outcome = ['link-expired', code];
  return [
    {
      name: `${status} from the start`,
      faults: { status },
      expected: { resume, one: 'done', other: [code] },
    },
    { name: `${status} from the third request on`, faults: { status, after: 2 }, expected: EXPIRED },
  ];
}

/** Answers that are no file. */
export const REFUSAL_ROWS: readonly Row[] = [
  ...[401, 403].flatMap((status) => refusedWith(status, 'origin-refused')),
  ...[404, 410].flatMap((status) => refusedWith(status, 'origin-missing')),
  { name: '403, once', faults: { status: 403, after: 2, times: 1 }, expected: 'done' },
  { name: '404, once', faults: { status: 404, after: 2, times: 1 }, expected: 'done' },
  {
    name: '503 to everything',
    faults: { status: 503, retryAfter: '1' },
    expected: { one: 'done', other: ['origin-failed'] },
  },
  {
    name: '503 twice, with a pause in seconds',
    faults: { status: 503, retryAfter: '1', times: 2 },
    expected: 'done',
  },
  {
    name: '429 twice, with a pause in seconds',
    faults: { status: 429, retryAfter: '1', times: 2 },
    expected: 'done',
  },
  {
    name: '503 in the middle, with a pause until a date',
    faults: { status: 503, retryAfterDateSeconds: 1, after: 2, times: 2 },
    expected: 'done',
  },
  {
    name: '429 in the middle, with a pause until a date',
    faults: { status: 429, retryAfterDateSeconds: 1, after: 2, times: 2 },
    expected: 'done',
  },
  { name: '500 now and then', faults: { status: 500, after: 1, every: 3 }, expected: 'done' },
  { name: '416, once', faults: { status: 416, after: 2, times: 1 }, expected: 'done' },
  {
    name: '416 from the third request on',
    faults: { status: 416, after: 2 },
    expected: { one: 'done', other: ['origin-changed', 'origin-failed'] },
  },
  // Nothing that is asked for by HEAD is needed: many hosts refuse it, or answer it otherwise than GET.
  { name: 'HEAD refused', faults: { refuseHead: true }, expected: 'done' },
  {
    name: 'a link for one request, without ranges',
    faults: [{ ignoreRange: true }, { status: 410, after: 1 }],
    expected: { fresh: 'done', resume: 'done', one: 'done', other: 'done' },
    extra: { resume: { files: 1, why: 'Its one answer is the whole file.' } },
  },
  {
    name: 'a link for one request, with ranges',
    faults: { status: 410, after: 1 },
    expected: EXPIRED,
  },
  {
    name: 'a login page, once, in the middle',
    faults: { loginPage: true, after: 2, times: 1 },
    expected: 'done',
  },
  {
    name: 'a login page from the third request on',
    faults: { loginPage: true, after: 2 },
    expected: EXPIRED,
  },
  {
    name: 'a login page from the start, of a file whose digest is known',
    faults: { loginPage: true },
    checksum: true,
    expected: { one: 'done', other: ['digest-mismatch', 'link-expired', 'origin-refused'] },
  },
  {
    name: 'a login page from the start',
    faults: { loginPage: true },
    // The name of the file is no name of a page.
    expected: { one: 'done', other: ['link-expired'] },
  },
  { name: 'signed links that serve three requests', faults: { signed: { requests: 3 } }, expected: 'done' },
  {
    name: 'signed links that serve one request, then 410',
    faults: { signed: { requests: 1, expiredStatus: 410 } },
    expected: 'done',
  },
  {
    name: 'signed links that serve three requests, then a login page',
    faults: { signed: { requests: 3, expiredStatus: 200 } },
    expected: 'done',
  },
  {
    name: 'signed links, of which there are two',
    // Each answer is short: what the two links give is not the whole file.
    faults: { signed: { requests: 2, tokens: 2 }, capBytes: 300_000 },
    expected: EXPIRED,
  },
  { name: 'a redirect to another host', elsewhere: { host: '127.0.0.2' }, expected: 'done' },
  { name: 'a chain of five redirects', faults: { redirectChain: 5 }, expected: 'done' },
  {
    name: 'a chain of thirty redirects',
    faults: { redirectChain: 30 },
    expected: { one: 'done', other: ['origin-failed'] },
  },
  {
    name: 'redirects in a circle',
    faults: { redirectTo: '/file.bin' },
    expected: { one: 'done', other: ['origin-failed'] },
  },
  {
    name: 'redirects in a circle from the third request on',
    faults: { redirectTo: '/file.bin', after: 2 },
    expected: { one: 'done', other: ['origin-failed', 'link-expired'] },
  },
  ...(
    [
      ['nobody vouches for', serverCertificate(HERE)],
      ['has expired', serverCertificate(HERE, Date.now() - 10 * DAY_MS)],
      ['is of another name', serverCertificate({ type: 'dns', value: 'example.org' })],
    ] as const
  ).map(
    ([what, tls]): Row => ({
      name: `a certificate that ${what}`,
      elsewhere: { tls },
      expected: { one: 'done', other: ['tls'] },
    }),
  ),
];
