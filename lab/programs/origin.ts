import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running, Workbench } from '../machine/workbench.ts';
import { HERE, ORIGIN_ADDRESS, type Place } from '../network/topology.ts';
import { bytesByClient, LOG_FORMAT, parseAccessLog } from './access-log.ts';

/** A file that an origin serves. */
export interface ServedFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * Makes `www/NAME`. Random: no two places are alike, so that a piece in the wrong place shows. Sparse: all zeros, for
 * sizes that no disk here would hold twice.
 */
export async function makeFile(
  bench: Workbench,
  name: string,
  sizeBytes: number,
  kind: 'random' | 'sparse' = 'random',
): Promise<ServedFile> {
  const path = `${bench.folder('www')}/${name}`;
  const hash = createHash('sha256');
  if (kind === 'sparse') {
    writeFileSync(path, '');
    truncateSync(path, sizeBytes);
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  } else {
    // AES in counter mode is the fastest random stream at hand.
    const stream = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
    const zeros = Buffer.alloc(1 << 20);
    const file = openSync(path, 'w');
    try {
      for (let left = sizeBytes; left > 0; left -= zeros.length) {
        const chunk = stream.update(left < zeros.length ? zeros.subarray(0, left) : zeros);
        hash.update(chunk);
        writeSync(file, chunk);
      }
    } finally {
      closeSync(file);
    }
  }
  return { name, sizeBytes, sha256: hash.digest('hex') };
}

/** A real nginx that serves the workbench's `www` folder. */
export class Origin {
  readonly #bench: Workbench;
  readonly #base: string;
  readonly process: Running;

  private constructor(bench: Workbench, base: string, process: Running) {
    this.#bench = bench;
    this.#base = base;
    this.process = process;
  }

  /** Starts nginx at `ORIGIN_ADDRESS` of a namespace, or at a free port of 127.0.0.1 here. Ready when this resolves. */
  static async start(bench: Workbench, place: Place): Promise<Origin> {
    const listen =
      place === HERE
        ? `127.0.0.1:${await freePort()}`
        : `${place.name.endsWith('-o') ? ORIGIN_ADDRESS : '127.0.0.1'}:80`;
    bench.folder('www');
    const folder = bench.folder('nginx');
    writeFileSync(`${folder}/nginx.conf`, configuration(folder, bench.path('www'), listen));
    const argv = [
      ...place.prefix,
      'nginx',
      '-p',
      folder,
      '-e',
      `${folder}/error.log`,
      '-c',
      `${folder}/nginx.conf`,
    ];
    const process = bench.start(argv, { log: 'nginx/stderr.log' });
    // nginx writes its pid after it listens.
    for (let i = 0; !existsSync(`${folder}/nginx.pid`); i++) {
      if (i === 200)
        throw new Error(
          `nginx did not start: ${bench.tail('nginx/error.log') || bench.tail('nginx/stderr.log')}`,
        );
      await sleep(25);
    }
    return new Origin(bench, `http://${listen.replace(/:80$/, '')}`, process);
  }

  url(file: ServedFile): string {
    return `${this.#base}/${file.name}`;
  }

  /** Where the file is on this machine's disk. */
  pathOf(file: ServedFile): string {
    return this.#bench.path('www', file.name);
  }

  /** Payload bytes sent since the start, by client address, once the log has stopped growing. */
  async sentByClient(): Promise<ReadonlyMap<string, number>> {
    const path = this.#bench.path('nginx', 'access.log');
    let text = readFileSync(path, 'latin1');
    for (let same = 0; same < 3; ) {
      await sleep(80);
      const now = readFileSync(path, 'latin1');
      same = now.length === text.length ? same + 1 : 0;
      text = now;
    }
    return bytesByClient(parseAccessLog(text));
  }

  /** The sum of `sentByClient`. */
  async sentBytes(): Promise<number> {
    return [...(await this.sentByClient()).values()].reduce((sum, bytes) => sum + bytes, 0);
  }
}

function configuration(folder: string, root: string, listen: string): string {
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  log_format lab '${LOG_FORMAT}';
  access_log ${folder}/access.log lab;
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server { listen ${listen} reuseport; root ${root}; }
}
`;
}

/** A port of 127.0.0.1 that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
