import { createServer, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';

/** The address of this machine to connect from, by family. */
export interface LocalAddresses {
  readonly 4?: string | undefined;
  readonly 6?: string | undefined;
}

/**
 * The local address that connections start from: the given one, or those of a network interface at the time of the
 * connection, since they change when a machine moves to another network. Throws `usage` for an interface or address
 * that this machine does not have. Which way packets then take is up to the system's routes; most systems choose by the
 * destination alone.
 */
export async function localAddressesOf(given: string): Promise<() => LocalAddresses> {
  const family = isIP(given);
  if (family !== 0) {
    await checkOwn(given);
    const fixed = { [family]: given };
    return () => fixed;
  }
  const names = Object.keys(networkInterfaces());
  if (!names.includes(given)) {
    throw new DragonloadError('usage', 'There is no network interface of this name.', {
      hint: advice(`Those of this machine are ${names.join(', ')}; a local address will do too.`),
    });
  }
  return () => addressesOf(given);
}

function addressesOf(name: string): LocalAddresses {
  const all = networkInterfaces()[name] ?? [];
  const first = (family: 'IPv4' | 'IPv6') =>
    // Link-local ones (RFC 4291, 2.5.6) lead to no origin.
    all.find((one) => one.family === family && !/^(fe[89ab].:|169\.254\.)/i.test(one.address))?.address;
  return { 4: first('IPv4'), 6: first('IPv6') };
}

/** Finds out whether an address belongs to this machine by listening on it for a moment. */
function checkOwn(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause) => {
      reject(
        new DragonloadError('usage', `This machine has no address ${address}.`, {
          hint: advice('Give the name of a network interface or one of its addresses.'),
          cause,
        }),
      );
    });
    server.listen({ host: address, port: 0 }, () => server.close(() => resolve()));
  });
}
