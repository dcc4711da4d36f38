// Loaded before a member of the demo (node --import): its way to the origin leads over the member's own link.
// On real machines the routing table does this; here all members share one machine, so it is done in the process.
import { Socket } from 'node:net';

const originPort = Number(process.env.DEMO_ORIGIN_PORT);
const linkPort = Number(process.env.DEMO_LINK_PORT);
const connect = Socket.prototype.connect as (this: Socket, ...args: unknown[]) => Socket;

Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
  // Node itself passes [options, callback] as one array; callers pass options, or a port.
  if (Array.isArray(args[0])) args[0][0] = redirected(args[0][0]);
  else args[0] = redirected(args[0]);
  return connect.apply(this, args);
} as typeof Socket.prototype.connect;

/** The options or port of the link in place of those of the origin; anything else as it is. */
function redirected(target: unknown): unknown {
  if (typeof target === 'object' && target !== null) {
    // A copy: an agent finds its idle connections by the options that it passed.
    return 'port' in target && Number(target.port) === originPort ? { ...target, port: linkPort } : target;
  }
  return typeof target !== 'symbol' && Number(target) === originPort ? linkPort : target;
}
