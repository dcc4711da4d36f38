import type { MemberId, RoomId } from '../../core/ids.ts';
import type { Frame, Proof } from '../../gen/dragonload/v1/peer_pb.ts';
import { memberAddresses, memberName, violation } from '../wire/wire-checks.ts';
import { frameOf } from '../wire/wire-encode.ts';
import {
  type AdmissionFacts,
  checkProof,
  INSTANCE_BYTES,
  NONCE_BYTES,
  newNonce,
  PROTOCOL_VERSION,
  proofOf,
} from './admission.ts';
import type { Channel } from './channel.ts';
import { Refused, wrongSecret } from './refusal.ts';

/** The values with which a member takes part in an admission. */
export interface Credentials {
  readonly id: MemberId;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly room: RoomId;
  /** From `admissionKey`. */
  readonly key: Uint8Array;
  /** 16 random bytes, drawn once per process. */
  readonly instance: Uint8Array;
}

/** What an admission learns of the other side. */
export interface Introduction {
  readonly name: string;
  readonly addresses: readonly string[];
  /** Hex. */
  readonly instance: string;
}

/**
 * Frames of the admission as the dialler sends and expects them. @throws DragonloadError, or what broke the channel.
 */
export async function admitAsDialler(channel: Channel, me: Credentials): Promise<Introduction> {
  const diallerNonce = newNonce();
  channel.send(
    frameOf({
      case: 'hello',
      value: { protocolVersion: PROTOCOL_VERSION, room: me.room, nonce: diallerNonce, instance: me.instance },
    }),
  );
  const challenge = await expectFrame(channel, 'challenge');
  if (challenge.nonce.length !== NONCE_BYTES || challenge.instance.length !== INSTANCE_BYTES)
    throw violation('a challenge of the wrong size');
  const facts: AdmissionFacts = {
    dialler: me.id,
    acceptor: channel.peer.id,
    diallerNonce,
    acceptorNonce: challenge.nonce,
  };
  channel.send(proofFrame(me, 'dialler', facts));
  const proof = await expectFrame(channel, 'proof');
  if (!checkProof(me.key, 'acceptor', facts, proof.mac)) throw wrongSecret();
  return introduction(proof, challenge.instance);
}

/**
 * The acceptor's side. `decide` is called once the dialler has proved itself, and may throw `Refused`; otherwise this
 * side's proof is sent and the function that `decide` returned is called, in the same turn of the event loop.
 */
export async function admitAsAcceptor<T>(
  channel: Channel,
  me: Credentials,
  decide: (introduction: Introduction) => () => T,
): Promise<T> {
  const hello = await expectFrame(channel, 'hello');
  if (hello.protocolVersion !== PROTOCOL_VERSION)
    throw new Refused('version', `this member speaks version ${PROTOCOL_VERSION}`);
  if (hello.nonce.length !== NONCE_BYTES || hello.instance.length !== INSTANCE_BYTES)
    throw violation('a hello of the wrong size');
  if (hello.room !== me.room) throw new Refused('unknown-room', 'no such room here');
  const acceptorNonce = newNonce();
  channel.send(frameOf({ case: 'challenge', value: { nonce: acceptorNonce, instance: me.instance } }));
  const proof = await expectFrame(channel, 'proof');
  const facts: AdmissionFacts = {
    dialler: channel.peer.id,
    acceptor: me.id,
    diallerNonce: hello.nonce,
    acceptorNonce,
  };
  if (!checkProof(me.key, 'dialler', facts, proof.mac))
    throw new Refused('wrong-secret', 'the proof is not right');
  const introduced = introduction(proof, hello.instance);
  const open = decide(introduced);
  channel.send(proofFrame(me, 'acceptor', facts));
  return open();
}

function proofFrame(me: Credentials, role: 'dialler' | 'acceptor', facts: AdmissionFacts): Frame {
  const mac = proofOf(me.key, role, facts);
  return frameOf({ case: 'proof', value: { mac, name: me.name, addresses: [...me.addresses] } });
}

function introduction(proof: Proof, instance: Uint8Array): Introduction {
  return {
    name: memberName(proof.name),
    addresses: memberAddresses(proof.addresses),
    instance: Buffer.from(instance).toString('hex'),
  };
}

type KindOf<Case> = Extract<Frame['kind'], { case: Case }>['value'];

async function expectFrame<Case extends 'hello' | 'challenge' | 'proof'>(
  channel: Channel,
  kind: Case,
): Promise<KindOf<Case>> {
  const frame = await channel.receive();
  if (frame === undefined) throw new Error('the other side ended the session');
  if (frame.kind.case !== kind)
    throw violation(`${frame.kind.case ?? 'nothing known'} where a ${kind} was due`);
  return frame.kind.value as KindOf<Case>;
}
