import type { TestContext } from 'node:test';
import type { Event } from '../../core/contract.ts';
import type { Message } from '../../core/messages.ts';
import { CoreDriver } from '../../engine/base/core-driver.ts';
import type { TaskEvent } from '../../engine/base/task.ts';
import { RoomSession, type RoomSessionOptions } from '../../engine/room/room-session.ts';
import { ephemeralIdentity } from '../../lan/identity/identity.ts';
import { checkedFor } from '../contract/round-core.ts';
import { ROOM } from '../lan/rooms.ts';
import { Heard } from './heard.ts';

export interface PeerChanges
  extends Partial<Pick<RoomSessionOptions, 'identity' | 'name' | 'port' | 'fileOf' | 'signal'>> {
  /** 1 for the host; undefined for a joiner. */
  readonly seniority?: number;
}

/**
 * For tests: a room session on a real port with a real core, and no downloads but those that the test announces. The core's
 * commands about sessions are carried out, all others passed over. Closed after the test.
 */
export async function openPeer(t: TestContext, { seniority, ...changes }: PeerChanges = {}) {
  const identity = changes.identity ?? ephemeralIdentity();
  const events = new Heard<Event>();
  const told = new Heard<TaskEvent>();
  const session = await RoomSession.open({
    identity,
    access: ROOM,
    port: 0,
    name: 'bob',
    originLocalAddress: () => undefined,
    facts: () => driver.facts,
    fileOf: () => undefined,
    dispatch: (event) => {
      events.add(event);
      driver.dispatch(event);
    },
    emit: (event) => told.add(event),
    signal: new AbortController().signal,
    ...changes,
  });
  t.after(() => session[Symbol.asyncDispose]());
  const { wrap, broken } = checkedFor(t);
  const driver = new CoreDriver({
    wrap,
    me: identity.id,
    name: changes.name ?? 'bob',
    certificate: identity.certificate,
    addresses: session.addresses(),
    room: { id: ROOM.id, invite: '' },
    seniority,
    execute: (command) => void session.execute(command),
    settled: () => {},
    broken,
  });
  t.after(() => driver[Symbol.dispose]());
  const port = portOf(session.addresses());
  return {
    identity,
    session,
    driver,
    events,
    told,
    port,
    /** The first message that fits which this member has heard and its core was told of. */
    message: async (fits: (message: Message) => boolean) => {
      const event = await events.first((one) => one.type === 'message' && fits(one.message));
      return event.type === 'message' ? event.message : undefined;
    },
    /** Who came and went, in order. */
    comings: () =>
      events.all.map(({ type }) => type).filter((type) => type === 'peer-up' || type === 'peer-down'),
    dial: (other: { readonly port: number }) => session.dial([`127.0.0.1:${other.port}`]),
    say: (to: { readonly identity: { readonly id: string } }, message: Message) =>
      void session.execute({ type: 'send', to: to.identity.id, message }),
  };
}

export type Peer = Awaited<ReturnType<typeof openPeer>>;

/** For tests: a host and a joiner that has dialled it; both know of each other. */
export async function openPeers(t: TestContext, host: PeerChanges = {}, joiner: PeerChanges = {}) {
  const alice = await openPeer(t, { name: 'alice', seniority: 1, ...host });
  const bob = await openPeer(t, joiner);
  await bob.dial(alice);
  for (const peer of [alice, bob]) await peer.events.first(({ type }) => type === 'peer-up');
  return { alice, bob };
}

function portOf(addresses: readonly string[]): number {
  return Number(addresses[0]?.split(':').at(-1));
}
