import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as send,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ProxyServerOptions {
  /** `user:password` that a client has to give. */
  readonly credentials?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Where names lead, as `host:port`. Others are resolved as they are. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Answers every CONNECT with this status instead of a tunnel. */
  readonly status?: number;
}

export interface Proxied {
  /** `CONNECT host:port` or `GET http://...`. */
  readonly asked: string;
  readonly headers: IncomingMessage['headers'];
  /** The port of the client: the same one means the same connection. */
  readonly clientPort: number | undefined;
}

/** A real HTTP proxy: requests in the absolute form (RFC 9112, 3.2.2), and tunnels with CONNECT (RFC 9110, 9.3.6). */
export async function startProxy(options: ProxyServerOptions = {}): Promise<ProxyServer> {
  const proxy = new ProxyServer(options);
  await proxy.listen();
  return proxy;
}

export class ProxyServer implements AsyncDisposable {
  readonly #options: ProxyServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly requests: Proxied[] = [];

  constructor(options: ProxyServerOptions) {
    this.#options = options;
    this.#server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
    this.#server.on('request', (request, response) => this.#forward(request, response));
    this.#server.on('connect', (request, socket) => this.#tunnel(request, socket));
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  /** The address, with user and password if it wants them. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    const { tls, credentials } = this.#options;
    return `${tls === undefined ? 'http' : 'https'}://${credentials === undefined ? '' : `${credentials}@`}127.0.0.1:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  #isAllowed(request: IncomingMessage): boolean {
    const { url = '', method = '', headers, socket } = request;
    this.requests.push({ asked: `${method} ${url}`, headers, clientPort: socket.remotePort });
    const { credentials } = this.#options;
    if (credentials === undefined) return true;
    const expected = Buffer.from(decodeURIComponent(credentials)).toString('base64');
    return headers['proxy-authorization'] === `Basic ${expected}`;
  }

  #target(host: string, port: string): [host: string, port: number] {
    const [mapped, mappedPort] = (this.#options.hosts?.[host] ?? '').split(':');
    return mapped ? [mapped, Number(mappedPort)] : [host.replace(/^\[|\]$/g, ''), Number(port)];
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#isAllowed(request)) return void response.writeHead(407).end();
    if (!URL.canParse(request.url ?? '')) return void response.writeHead(400).end();
    const url = new URL(request.url!);
    const [host, port] = this.#target(url.hostname, url.port || '80');
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = send({ host, port, path: url.pathname + url.search, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    response.on('close', () => onward.destroy());
    onward.end();
  }

  #tunnel(request: IncomingMessage, client: Duplex): void {
    this.#sockets.add(client);
    client.on('error', () => {});
    const { status } = this.#options;
    if (!this.#isAllowed(request))
      return void client.end('HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\n\r\n');
    if (status !== undefined) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const [, name = '', port = ''] = /^(.*):(\d+)$/.exec(request.url ?? '') ?? [];
    const origin: Socket = connect(this.#target(name, port)[1], this.#target(name, port)[0]);
    this.#sockets.add(origin);
    origin.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(origin).pipe(client);
    });
    origin.on('error', () => client.end('HTTP/1.1 502 No way\r\n\r\n'));
    client.on('close', () => origin.destroy());
    origin.on('close', () => client.destroy());
  }
}
