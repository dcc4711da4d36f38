import { parseArgs } from 'node:util';
import { contentSha256, startOrigin } from './origin-server.ts';

/**
 * An origin as a process of its own. Prints one line of JSON with `url`, `sizeBytes` and, with --sha256, `sha256`; then serves
 * until it is ended. Sizes and rates take the suffixes K, M and G (powers of 1024); rates are bytes per second.
 */
const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    path: { type: 'string', default: '/file.bin' },
    size: { type: 'string', default: '64M' },
    seed: { type: 'string', default: 'dragonload' },
    /** For each client address. */
    rate: { type: 'string' },
    'connection-rate': { type: 'string' },
    'no-ranges': { type: 'boolean', default: false },
    'no-length': { type: 'boolean', default: false },
    /** OriginFaults as JSON. */
    faults: { type: 'string', default: '{}' },
    sha256: { type: 'boolean', default: false },
  },
});

function amount(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMG]?)$/i.exec(text);
  if (match === null) throw new Error(`${text} is not an amount, such as 64M.`);
  const power = ['', 'K', 'M', 'G'].indexOf((match[2] ?? '').toUpperCase());
  return Math.floor(Number(match[1]) * 1024 ** power);
}

const sizeBytes = amount(values.size);
const origin = await startOrigin({
  host: values.host,
  port: Number(values.port),
  ...(values.rate === undefined ? {} : { ratePerClient: amount(values.rate) }),
  ...(values['connection-rate'] === undefined
    ? {}
    : { ratePerConnection: amount(values['connection-rate']) }),
  files: {
    [values.path]: {
      content: { seed: values.seed, sizeBytes },
      ranges: !values['no-ranges'],
      length: !values['no-length'],
      faults: JSON.parse(values.faults),
    },
  },
});
const sha256 = values.sha256 ? { sha256: contentSha256(values.seed, sizeBytes) } : {};
process.stdout.write(`${JSON.stringify({ url: origin.url(values.path), sizeBytes, ...sha256 })}\n`);
