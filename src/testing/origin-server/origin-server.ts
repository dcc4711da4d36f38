import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createListener } from 'node:net';
import { fileAnswer } from './origin-answer.ts';
import { sendBody } from './origin-body.ts';
import { type ConnectionCap, FaultSchedule, type OriginFaults } from './origin-faults.ts';
import type { OriginFile } from './origin-file.ts';
import { OriginGate } from './origin-gate.ts';
import { type LinkRates, OriginLinks } from './origin-links.ts';
import { OriginRecord, type ServedRequest } from './origin-record.ts';
import { OriginRefusals } from './origin-refusal.ts';
import { sendHead } from './origin-sink.ts';

export { contentSha256, contentSlice } from './content.ts';
export type { ConnectionCap, OriginFaults } from './origin-faults.ts';
export type { ByteSource, OriginFile } from './origin-file.ts';
export type { SentRange, ServedRequest } from './origin-record.ts';

export interface OriginServerOptions extends LinkRates {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** In place of the host in URLs: a name that leads to it, among other addresses perhaps. */
  readonly hostName?: string;
  /** Default 0: the system's choice. */
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** By path, such as `/file.bin`. */
  readonly files: Readonly<Record<string, OriginFile>>;
  readonly connectionCap?: ConnectionCap;
}

/** Shorter answers are for those who look at a file, and are not held. */
const MAX_UNHELD_BYTES = 64 * 1024;

/** A real HTTP server that serves files of known content, at limited rates, with faults on order. */
export async function startOrigin(options: OriginServerOptions): Promise<OriginServer> {
  const origin = new OriginServer(options);
  await origin.listen();
  return origin;
}

export class OriginServer implements AsyncDisposable {
  readonly #options: OriginServerOptions;
  /** Takes the connections; those that are let in go on to the server. */
  readonly #listener = createListener();
  readonly #server: Server;
  readonly #links: OriginLinks;
  readonly #files: Map<string, OriginFile>;
  readonly #getsByPath = new Map<string, number>();
  readonly #schedule = new FaultSchedule();
  readonly #refusals = new OriginRefusals();
  readonly #record = new OriginRecord();
  readonly #gate = new OriginGate();

  constructor(options: OriginServerOptions) {
    this.#options = options;
    this.#files = new Map(Object.entries(options.files));
    this.#links = new OriginLinks(options, options.connectionCap);
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      void this.#answer(request, response);
    this.#server = options.tls === undefined ? createServer(answer) : createTlsServer(options.tls, answer);
    this.#server.keepAliveTimeout = 60_000;
    this.#listener.on('connection', (socket) =>
      this.#links.arrive(socket, () => this.#server.emit('connection', socket)),
    );
  }

  async listen(): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject);
      this.#listener.listen(port, host, resolve);
    });
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** The address of a path, or of the first file. */
  url(path: string = [...this.#files.keys()][0] ?? '/'): string {
    const { host = '127.0.0.1', hostName = host, tls } = this.#options;
    return `${tls === undefined ? 'http' : 'https'}://${hostName}:${this.port}${path}`;
  }

  /** Adds or replaces a file while running. The number of its GETs goes on, unless it is to be counted afresh. */
  set(path: string, file: OriginFile, { afresh = false } = {}): void {
    this.#files.set(path, file);
    if (!afresh) return;
    this.#getsByPath.delete(path);
    this.#schedule.restart(path);
  }

  /** Bodies begin only after `release`; short ones, for those who look, are not held. */
  hold(): void {
    this.#gate.hold();
  }

  /** Bodies begin when so many are asked for at the same time: with a connection for each member, when all of them ask. */
  holdUntilAsked(bodies: number): void {
    this.#gate.holdUntilAsked(bodies);
  }

  /** At least so many further bytes of bodies are sent, and the rest after `release`. */
  holdAfter(bytes: number): void {
    this.#gate.holdAfter(bytes);
  }

  /** Each body gets no more than so many bytes per second until `release`: it is not held, and yet not over. */
  trickle(bytesPerSecond: number): void {
    this.#gate.trickle(bytesPerSecond);
  }

  release(): void {
    this.#gate.release();
  }

  /** Each signed link that was given out so far has expired. */
  expireLinks(): void {
    this.#refusals.expireLinks();
  }

  /** Bytes that were sent over connections with a rate and not read yet; 0 on systems that do not tell. */
  get unreadBytes(): number {
    return this.#links.unreadBytes;
  }

  /** Requests that met one of the faults of their file. */
  get faultsMet(): number {
    return this.#schedule.met;
  }

  get requests(): ServedRequest[] {
    return this.#record.requests;
  }

  /** Body bytes written, by client address. */
  get bytesByClient(): ReadonlyMap<string, number> {
    return this.#record.bytesByClient;
  }

  /** Requests that are being answered now. */
  get active(): number {
    return this.#record.active;
  }

  /** Most requests that were answered at the same time. */
  get peakActive(): number {
    return this.#record.peakActive;
  }

  /** Connections that came, and the most that were open at the same time. */
  get connections(): { readonly count: number; readonly peak: number } {
    return { count: this.#links.count, peak: this.#links.peak };
  }

  /** Body bytes written for a path, or for all. */
  servedBytes(path?: string): number {
    return this.#record.servedBytes(path);
  }

  /** Body bytes of a path that were written more than once, counted each further time. */
  duplicateBytes(path?: string): number {
    return this.#record.duplicateBytes(path);
  }

  /** Closes every connection at once, as a crash would. The server goes on listening. */
  dropConnections(): void {
    this.#links.closeAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => {
      this.#listener.close(resolve);
      this.#links.closeAll();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const served = this.#record.begin(request);
    response.once('close', () => this.#record.end());
    response.on('error', () => {});
    const { path } = served;
    const count = (this.#getsByPath.get(path) ?? 0) + 1;
    this.#getsByPath.set(path, count);
    const file = this.#files.get(path);
    const faults = this.#schedule.next(path, file?.faults ?? {}, request.headers);
    if (faults.silent === true) return;
    if (faults.garbage !== undefined) {
      request.socket.end(faults.garbage, 'latin1');
      return;
    }
    const answer =
      this.#refusals.answer(request, served, file, faults, this.#isTooMany(request, faults)) ??
      fileAnswer(request, file!, faults, count);
    served.status = answer.status;
    const { range } = answer;
    if (range !== undefined) served.sent = { start: range.start, end: range.start };
    const sink = await sendHead(response, answer, faults);
    if (sink === undefined) return;
    if (request.method === 'HEAD') {
      sink.end();
      return;
    }
    const isLook = range === undefined || range.end - range.start <= MAX_UNHELD_BYTES;
    const gate = isLook ? undefined : this.#gate;
    await gate?.begin(response);
    await sendBody(sink, answer, faults, {
      limiters: this.#links.limitersOf(request.socket, faults),
      window: this.#links.windowOf(request.socket),
      gate,
      record: (bytes) => {
        this.#record.sent(served, range!.start, bytes);
        gate?.sent(bytes);
      },
    });
  }

  #isTooMany(request: IncomingMessage, { refuseAbove }: OriginFaults): boolean {
    if (refuseAbove !== undefined && this.#record.active > refuseAbove) return true;
    return this.#links.isBeyond(request.socket);
  }
}
