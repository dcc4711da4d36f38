import { randomBytes } from 'node:crypto';
import { DragonloadError } from '../core/errors.ts';
import type { Hint } from '../core/hint.ts';
import type { MemberId, RoomId } from '../core/ids.ts';
import { formatHostPort, MAX_ADDRESSES, parseHostPort } from './network/addresses.ts';

/** What an invite link carries: `dragon://join/v1/<room>?h=<addr:port>&h=...&v=<vault fingerprint>#k=<secret>`. */
export interface Invite {
  readonly room: RoomId;
  /** Where the room's vault listens, `host:port`, best first: 1 to 16. */
  readonly addresses: readonly string[];
  /** Member id of the vault: the member that answers must have this id. */
  readonly vault: MemberId;
  /** 128 bits, base64url without padding (22 characters). */
  readonly secret: string;
}

const MAX_INVITE_CHARS = 4096;
const SECRET = /^[A-Za-z0-9_-]{21}[AQgw]$/;
const ROOM = /^[A-Za-z0-9_-]{1,64}$/;

/** A new room secret: 128 random bits, base64url. */
export function newSecret(): string {
  return randomBytes(16).toString('base64url');
}

/** A new room id: 72 random bits, base64url. */
export function newRoomId(): RoomId {
  return randomBytes(9).toString('base64url');
}

/** The link. Addresses beyond the sixteenth are left out. */
export function formatInvite({ room, addresses, vault, secret }: Invite): string {
  const hosts = addresses.slice(0, MAX_ADDRESSES).map((address) => `h=${address}&`);
  return `dragon://join/v1/${room}?${hosts.join('')}v=${vault}#k=${secret}`;
}

/**
 * Reads a link. Blanks around it and line breaks inside it (from a mail or a terminal) are allowed; unknown parameters
 * are ignored.
 * @throws DragonloadError `bad-invite` naming the part that is wrong; the secret is never part of the message.
 */
export function parseInvite(text: string): Invite {
  const link = text.trim().replace(/[\r\n\t]/g, '');
  if (link === '') throw bad('The invite is empty.');
  if (link.length > MAX_INVITE_CHARS) throw bad('The invite is too long.');
  const head = /^dragon:\/\/join\/([^/?#]*)(?:\/([^?#]*))?/i.exec(link);
  if (head === null) throw bad('This is not an invite: it does not begin with dragon://join/.');
  const [start, version, room] = head;
  if (version !== 'v1') {
    const hint: Hint = /^v\d+$/.test(version!) ? { kind: 'update', who: 'this' } : DAMAGED;
    throw bad(`The invite is of version "${version!.slice(0, 20)}", and this Dragonload knows v1.`, hint);
  }
  if (room === undefined || !ROOM.test(room)) throw bad('The room in the invite is missing or damaged.');

  const rest = link.slice(start.length);
  const hash = rest.indexOf('#');
  const query = new URLSearchParams(
    (hash === -1 ? rest : rest.slice(0, hash)).replace(/^\?/, '').replaceAll('+', '%2B'),
  );
  const addresses = query.getAll('h').map(address);
  if (addresses.length === 0) throw bad('The invite ends before its addresses.', CUT);
  if (addresses.length > MAX_ADDRESSES) throw bad(`The invite has more than ${MAX_ADDRESSES} addresses.`);

  const vault = query.get('v')?.toLowerCase();
  if (vault === undefined) throw bad("The invite ends before the vault's fingerprint (v=).", CUT);
  if (!/^[0-9a-f]{64}$/.test(vault))
    throw bad("The vault's fingerprint (v=) in the invite is damaged: it has 64 hex digits.");

  const secret = hash === -1 ? null : new URLSearchParams(rest.slice(hash + 1)).get('k');
  if (secret === null) throw bad('The invite ends before its key (#k=).', CUT);
  if (!SECRET.test(secret)) throw bad('The key (#k=) of the invite is damaged: it has 22 characters.');
  return { room, addresses: [...new Set(addresses)], vault, secret };
}

const CUT: Hint = { kind: 'copy-invite' };
const DAMAGED: Hint = { kind: 'ask-for-fresh-invite', why: 'damaged' };

function address(text: string): string {
  const parsed = parseHostPort(text);
  if (parsed === undefined)
    throw bad(`The address "${text.slice(0, 60)}" in the invite is damaged: it must be address:port.`);
  return formatHostPort(parsed);
}

function bad(message: string, hint = DAMAGED): DragonloadError {
  return new DragonloadError('bad-invite', message, { hint });
}
