import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface SocksServerOptions {
  /** `user:password` that a client has to give. */
  readonly credentials?: string;
  /** Where names lead, as `host:port`. Others are resolved as they are. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** The reply code (RFC 1928, 6) instead of a connection. */
  readonly reply?: number;
}

/** A real SOCKS5 proxy (RFC 1928) for CONNECT, with user and password (RFC 1929) if it is told to want them. */
export async function startSocks(options: SocksServerOptions = {}): Promise<SocksServer> {
  const socks = new SocksServer(options);
  await socks.listen();
  return socks;
}

export class SocksServer implements AsyncDisposable {
  readonly #options: SocksServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What was asked for, as `type host:port`: type 1 is IPv4, 3 a name, 4 IPv6. */
  readonly asked: string[] = [];

  constructor(options: SocksServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      this.#serve(socket).catch(() => socket.destroy());
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  /** `host:port`, after user and password if it wants them. */
  get authority(): string {
    const { credentials } = this.#options;
    return `${credentials === undefined ? '' : `${credentials}@`}127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(client: Socket): Promise<void> {
    const { credentials, reply = 0, hosts } = this.#options;
    const [, count] = await read(client, 2);
    const methods = await read(client, count!);
    const method = credentials === undefined ? 0 : 2;
    if (!methods.includes(method)) return void client.end(Buffer.from([5, 0xff]));
    client.write(Buffer.from([5, method]));
    if (credentials !== undefined) {
      const user = await read(client, (await read(client, 2))[1]!);
      const password = await read(client, (await read(client, 1))[0]!);
      const isRight = `${user}:${password}` === decodeURIComponent(credentials);
      if (!isRight) return void client.end(Buffer.from([1, 1]));
      client.write(Buffer.from([1, 0]));
    }
    const type = (await read(client, 4))[3]!;
    const length = type === 1 ? 4 : type === 4 ? 16 : (await read(client, 1))[0]!;
    const address = await read(client, length);
    const port = (await read(client, 2)).readUInt16BE();
    const host =
      type === 3 ? address.toString() : type === 1 ? [...address].join('.') : address.toString('hex');
    this.asked.push(`${type} ${host}:${port}`);
    const answer = (code: number) => client.write(Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]));
    if (reply !== 0) return void answer(reply);
    const [name = host, mapped = port] = (hosts?.[host] ?? `${host}:${port}`).split(':');
    const origin = connect(Number(mapped), name);
    this.#sockets.add(origin);
    origin.once('connect', () => {
      answer(0);
      client.pipe(origin).pipe(client);
    });
    origin.on('error', () => answer(5));
    client.on('close', () => origin.destroy());
    origin.on('close', () => client.destroy());
  }
}

function read(socket: Socket, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const attempt = () => {
      const bytes: Buffer | null = length === 0 ? Buffer.alloc(0) : socket.read(length);
      if (bytes === null) return void socket.once('readable', attempt);
      socket.off('close', reject);
      resolve(bytes);
    };
    socket.once('close', reject);
    attempt();
  });
}
