import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type LookupFunction, type Socket } from 'node:net';
import { test } from 'node:test';
import { addressesOf, type DialOptions, dial } from './dial.ts';

const resolvingTo =
  (...addresses: string[]): LookupFunction =>
  (_name, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
const open = (): AbortSignal => new AbortController().signal;
const addresses = async (given: readonly string[], more: Partial<DialOptions> = {}) =>
  (await addressesOf('some.test', { lookup: resolvingTo(...given), signal: open(), ...more })).map(
    ({ address }) => address,
  );

async function listening(host = '127.0.0.1', port = 0) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket));
  server.listen(port, host);
  await once(server, 'listening');
  return {
    sockets,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A port that takes no more connections and refuses none: what happens to packets that a firewall drops. */
async function deadEnd(host: string) {
  const script = `require('net').createServer().listen({ host: '${host}', port: 0, backlog: 1 }, function () {
    console.log(this.address().port);
  })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  child.kill('SIGSTOP');
  // Fills the queue of connections that nobody takes, until one finds no place.
  const sockets: Socket[] = [];
  for (let isFull = false; !isFull; ) {
    const socket = connect({ host, port }).on('error', () => {});
    sockets.push(socket);
    isFull = await Promise.race([
      once(socket, 'connect').then(() => false),
      new Promise<boolean>((resolve) => setTimeout(resolve, 100, true)),
    ]);
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('the addresses of the two families take turns, and there is an end to them', async () => {
  assert.deepEqual(await addresses(['::2', '::3', '::4', '10.0.0.1']), ['::2', '10.0.0.1', '::3', '::4']);
  assert.deepEqual(await addresses(['10.0.0.1', '::2', '::3']), ['10.0.0.1', '::2', '::3']);
  const many = Array.from({ length: 100 }, (_, i) => `10.0.0.${i}`);
  assert.deepEqual(await addresses(many), many.slice(0, 16));
});

test('for URLs of others only public addresses of a name count, and a name without one is refused', async () => {
  const publicOnly = true;
  assert.deepEqual(await addresses(['10.0.0.1', '1.1.1.1', '::1', '2606:4700::1'], { publicOnly }), [
    '1.1.1.1',
    '2606:4700::1',
  ]);
  for (const inside of [
    '127.0.0.1',
    '169.254.169.254',
    '::ffff:10.0.0.1',
    'fd00::1',
    '0.0.0.0',
    '64:ff9b::7f00:1',
  ])
    await assert.rejects(addresses([inside], { publicOnly }), { code: 'ERR_PRIVATE_ADDRESS' }, inside);
  await assert.rejects(addresses([], { publicOnly }), { code: 'ERR_PRIVATE_ADDRESS' });
});

test('for URLs of others nobody connects to a name that the system resolves to the inside', async () => {
  await using server = await listening();
  const options = { publicOnly: true, signal: open() };
  await assert.rejects(dial('localhost', server.port, options), { code: 'ERR_PRIVATE_ADDRESS' });
  assert.equal(server.sockets.size, 0);
});

test('from an interface with addresses of one family, only that family is reached', async () => {
  const localAddresses = { 4: '10.0.0.9' };
  assert.deepEqual(await addresses(['::2', '10.0.0.1'], { localAddresses }), ['10.0.0.1']);
  await assert.rejects(addresses(['::2'], { localAddresses }), { code: 'EADDRNOTAVAIL', message: /IPv6/ });
});

test('the family that the user wants is what the lookup is asked for', async () => {
  const asked: unknown[] = [];
  const lookup: LookupFunction = (_name, options, callback) => {
    asked.push(options.family);
    callback(null, [{ address: '10.0.0.1', family: 4 }]);
  };
  for (const family of [undefined, 4, 6] as const)
    await addressesOf('some.test', { lookup, family, signal: open() });
  assert.deepEqual(asked, [0, 4, 6]);
});

test('an address where nobody listens costs nothing when another one answers', async () => {
  await using server = await listening();
  const lookup = resolvingTo('::1', '127.0.0.7', '127.0.0.1');
  const socket = await dial('some.test', server.port, { lookup, signal: open() });
  assert.equal(socket.remoteAddress, '127.0.0.1');
  socket.destroy();
});

test('an address that does not answer at all is passed over, and its attempt is ended', async () => {
  await using dead = await deadEnd('127.0.0.8');
  await using _server = await listening('127.0.0.1', dead.port);
  const lookup = resolvingTo('127.0.0.8', '127.0.0.1');
  const socket = await dial('some.test', dead.port, { lookup, signal: open() });
  assert.equal(socket.remoteAddress, '127.0.0.1');
  socket.destroy();
  // Called off, the attempt does not go on either.
  const stop = new AbortController();
  const dialling = dial('127.0.0.8', dead.port, { signal: stop.signal });
  setImmediate(() => stop.abort(new Error('called off')));
  await assert.rejects(dialling, /called off/);
});

test('when no address answers, the error is the one that tells most', async () => {
  const { port } = await listening().then(async (server) => {
    await server[Symbol.asyncDispose]();
    return server;
  });
  const localAddresses = { 4: '127.0.0.1', 6: '2001:db8::1' };
  const lookup = resolvingTo('::1', '127.0.0.1');
  await assert.rejects(dial('some.test', port, { lookup, localAddresses, signal: open() }), {
    code: 'ECONNREFUSED',
  });
});

test('what is called off before or during the lookup goes no further', async () => {
  const never: LookupFunction = () => {};
  await assert.rejects(
    dial('some.test', 80, { lookup: never, signal: AbortSignal.abort(new Error('off')) }),
    /off/,
  );
  const stop = new AbortController();
  const dialling = dial('some.test', 80, { lookup: never, signal: stop.signal });
  stop.abort(new Error('called off'));
  await assert.rejects(dialling, /called off/);
});

test('a lookup that fails is what the error says', async () => {
  const lookup: LookupFunction = (_name, _options, callback) =>
    callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
  await assert.rejects(dial('some.test', 80, { lookup, signal: open() }), { code: 'ENOTFOUND' });
});
