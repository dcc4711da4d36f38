import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface RawServer extends AsyncDisposable {
  readonly port: number;
  /** Everything that clients have sent. */
  readonly received: () => Buffer;
}

/** A server that answers the nth chunk of each client with the nth of `answers`, whatever that is; then it hangs up. */
export async function startRaw(answers: readonly (Buffer | string)[]): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    let next = 0;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received.push(chunk);
      const answer = answers[next++];
      if (answer === undefined) return;
      if (next === answers.length) socket.end(answer);
      else socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received: () => Buffer.concat(received),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
