import { once } from 'node:events';
import type { Message } from '../../core/messages.ts';
import { ephemeralIdentity, type Identity } from '../../lan/identity/identity.ts';
import { Lan, type LanOptions, type Session, type SessionEnd } from '../../lan/lan.ts';

// Members for tests: real ports on 127.0.0.x, everything that they hear written down.

/** The room of all test members unless they are given another. */
export const ROOM = { id: 'room', secret: 'MDEyMzQ1Njc4OWFiY2RlZg' } as const;
/** A download id. */
export const DOWNLOAD = '0123456789abcdef0123456789abcdef';

/** A member and what happened to it. */
export interface TestMember extends AsyncDisposable {
  readonly identity: Identity;
  readonly lan: Lan;
  readonly ups: Session[];
  readonly downs: SessionEnd[];
  readonly messages: Message[];
  /** Resolves when the condition holds; looked at whenever something happens to this member. */
  until(condition: () => boolean): Promise<void>;
}

let nextHost = 2;

/** Starts a member at a loopback address of its own. */
export async function startMember(options: Partial<LanOptions> = {}): Promise<TestMember> {
  const identity = options.identity ?? ephemeralIdentity();
  const [ups, downs, messages] = [[] as Session[], [] as SessionEnd[], [] as Message[]];
  const happened = new EventTarget();
  const tell = () => happened.dispatchEvent(new Event('happened'));
  const lan = await Lan.start({
    identity,
    port: 0,
    room: ROOM,
    name: 'member',
    bindHost: `127.0.0.${nextHost++}`,
    serve: () => undefined,
    ...options,
    onPeerUp: (session) => {
      ups.push(session);
      options.onPeerUp?.(session);
      tell();
    },
    onMessage: (session, message) => {
      messages.push(message);
      options.onMessage?.(session, message);
      tell();
    },
    onPeerDown: (session, end) => {
      downs.push(end);
      options.onPeerDown?.(session, end);
      tell();
    },
  });
  return {
    identity,
    lan,
    ups,
    downs,
    messages,
    async until(condition) {
      while (!condition()) await once(happened, 'happened');
    },
    [Symbol.asyncDispose]: () => lan.close(),
  };
}

/** Two members with a session that the first has dialled. */
export async function startPair(first: Partial<LanOptions> = {}, second: Partial<LanOptions> = {}) {
  const [a, b] = [await startMember(first), await startMember(second)];
  const session = await a.lan.dial([`${b.lan.addresses()[0]}`], { expect: b.identity.id });
  await b.until(() => b.ups.length === 1);
  return {
    a,
    b,
    session,
    async [Symbol.asyncDispose]() {
      await Promise.all([a.lan.close(), b.lan.close()]);
    },
  };
}

/** Serves `bytes` as every download, without records. */
export function serveBytes(bytes: Uint8Array): LanOptions['serve'] {
  return ({ start, end }) =>
    end > bytes.length
      ? undefined
      : {
          records: [],
          read: async (target, offset) => target.set(bytes.subarray(offset, offset + target.length)),
          release: () => void start,
        };
}
