import type { Command } from '../../src/core/contract.ts';
import type { Geometry } from '../../src/core/geometry.ts';
import type { Message, Offer } from '../../src/core/messages.ts';
import type { Checks } from '../checks/checks.ts';
import { linkOf } from '../faults/origin-faults.ts';
import type { SimMember } from '../network/sim-member.ts';
import type { Transports } from '../network/transports.ts';

/** Bytes that a member hashes in a millisecond. */
const HASH_RATE = 500_000;
/** How long the journal takes to be safe. */
const JOURNAL_MS = 2;
/** How long the last check and the rename take. */
const FINISH_MS = 20;

/** What commands need of the world that they are carried out in. */
export interface CommandStage extends Transports {
  readonly checks: Checks;
  /** The user of `member` takes part in the download, after looking at the origin. */
  add(member: SimMember, offer: Offer): void;
}

/** Does what the core of `member` asks for, after checking that it may ask. What follows is told later, never at once. */
export function carryOut(world: CommandStage, member: SimMember, command: Command): void {
  const { checks, sessions, origin, pulls, download } = world;
  checks.command(member, command);
  const peer = 'peer' in command ? world.memberOf(command.peer) : undefined;
  switch (command.type) {
    case 'send': {
      const told = member.boasts ? boasted(command.message, world.geometry) : command.message;
      const message = world.scenario.copyMessages ? structuredClone(told) : told;
      const lost = world.prng.chance(world.scenario.faults.loseMessages ?? 0);
      if (!lost) sessions.send(member, world.memberOf(command.to)!, message);
      return;
    }
    case 'dial':
      sessions.dial(member, peer!);
      return;
    case 'drop':
      member.banned.add(peer!);
      sessions.close(member, peer!);
      return;
    case 'offered':
      world.add(member, command.offer);
      return;
    case 'fetch':
      origin.fetch(member, command.stream, command.start, command.end);
      return;
    case 'trim':
      origin.trim(member, command.stream, command.end);
      return;
    case 'stop-fetch':
      origin.stop(member, command.stream);
      return;
    case 'pull':
      pulls.pull(member, command.pull, world.memberOf(command.from)!, command.start, command.end);
      return;
    case 'stop-pull':
      pulls.stop(member, command.pull);
      return;
    case 'set-size':
      // The simulated disk has known it all along; that it is right is checked.
      return;
    case 'hash':
      hash(world, member, command.piece);
      return;
    case 'sign': {
      const { piece, sha256 } = command;
      const signature = new Uint8Array(64);
      later(world, member, JOURNAL_MS, () => {
        const record = { piece, sha256, signer: member.id, signature };
        member.disk.keep(record);
        world.deliver(member, { type: 'kept', download, record });
      });
      return;
    }
    case 'keep':
      later(world, member, JOURNAL_MS, () => {
        member.disk.keep(command.record);
        world.deliver(member, { type: 'kept', download, record: command.record });
      });
      return;
    case 'use-sources':
      member.link = Math.max(member.link, ...command.urls.map(linkOf));
      member.canFetch = member.probed;
      return;
    case 'unkeep':
      member.disk.unkeep(command.piece);
      return;
    case 'finish':
      member.finishing = true;
      later(world, member, FINISH_MS, () => {
        const wrong = [...member.disk.records.keys()].filter((piece) => !member.disk.isRight(piece));
        if (world.scenario.faults.wrongPieces !== undefined && wrong.length > 0) {
          member.finishing = false;
          for (const piece of wrong) member.misled.delete(piece);
          const pieces = wrong.sort((a, b) => a - b);
          const reason = { code: 'digest-mismatch', message: 'pieces are wrong' } as const;
          world.deliver(member, { type: 'suspect', download, pieces, reason });
          return;
        }
        checks.finished(member);
        member.finished = true;
        member.finishedMs = world.clock.nowMs;
        world.deliver(member, { type: 'finished', download });
      });
      return;
    case 'serve':
      pulls.serve(member, command.request, command.records);
      return;
    case 'refuse-serve':
      pulls.refuse(command.request);
      return;
    case 'failed':
      checks.gaveUp(member, command.reason.message);
      return;
    case 'recovered':
    case 'done':
    case 'needed':
    case 'not-needed':
    case 'needs-link':
    case 'member-joined':
    case 'member-left':
      return;
  }
}

/** What a member says that claims to have and to bring more than it does. */
function boasted(message: Message, geometry: Geometry): Message {
  if (message.type === 'have') return { ...message, runs: [{ start: 0, end: geometry.pieceCount! }] };
  if (message.type === 'report') return { ...message, originRate: 10 * message.originRate };
  return message;
}

function hash(world: CommandStage, member: SimMember, piece: number): void {
  member.hashing.add(piece);
  later(world, member, 1 + world.geometry.bytesOf(piece) / HASH_RATE, () => {
    member.hashing.delete(piece);
    const sha256 = member.disk.sha256(piece);
    world.deliver(member, { type: 'hashed', download: world.download, piece, sha256 });
  });
}

/** Runs `action` after a while, unless the process has gone by then. */
function later(world: CommandStage, member: SimMember, delayMs: number, action: () => void): void {
  const { life } = member;
  world.clock.after(delayMs, () => {
    if (member.life === life && !member.diskFailed) action();
  });
}
