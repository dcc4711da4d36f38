import type { Command } from '../../src/core/contract.ts';
import { sameBytes } from '../network/content.ts';
import type { SimMember } from '../network/sim-member.ts';
import type { Transports } from '../network/transports.ts';
import type { OriginAnswers } from './origin-answers.ts';

/** What a member whose disk has failed must not ask for. */
const NEEDS_DISK: ReadonlySet<string> = new Set(['fetch', 'pull', 'hash', 'sign', 'keep', 'finish']);

/** Throws a `SimFailure` when the core of `member` asks for what it must not ask for now. */
export function checkCommand(
  world: Transports,
  answers: OriginAnswers,
  member: SimMember,
  command: Command,
): void {
  const { sessions, origin, pulls, geometry } = world;
  const wrong = (why: string): never => world.fail(`${member.name}: ${command.type} ${why}`);
  const peerOf = (id: string): SimMember => {
    if (id === member.id) wrong('to itself');
    return world.memberOf(id) ?? wrong(`names nobody: ${id}`);
  };
  if (member.diskFailed && NEEDS_DISK.has(command.type)) wrong('after its disk has failed');
  const kept = (piece: number): boolean => member.disk.records.has(piece);
  switch (command.type) {
    case 'send': {
      const peer = peerOf(command.to);
      if (!sessions.knows(member, peer) && !member.banned.has(peer))
        wrong(`${command.message.type} to ${peer.name} without a session`);
      return;
    }
    case 'dial':
      peerOf(command.peer);
      return;
    case 'drop': {
      const peer = peerOf(command.peer);
      if (peer.corruptShare === 0 && !peer.boasts && !peer.wasMisled && !member.wasMisled)
        wrong(`of ${peer.name}, which did nothing wrong: ${command.reason}`);
      return;
    }
    case 'offered':
      if (member.consented) wrong('for the second time');
      return;
    case 'fetch': {
      const { start, end } = command;
      if (origin.has(member, command.stream))
        wrong(`takes the number ${command.stream} of a stream that lives`);
      // One more may be opened while the others are about to end, so that the link never idles.
      if (origin.openStreams(member) > member.spec.maxConnections) wrong('is one connection too many');
      if (!member.canFetch) wrong('without a good probe');
      if (answers.refused.has(member)) wrong('after the origin refused');
      if (world.clock.nowMs < (answers.waitUntilMs.get(member) ?? 0)) wrong('before Retry-After has passed');
      // Whoever does not know the length may ask for what comes after the end.
      if (end !== undefined || start < world.scenario.file.sizeBytes)
        checkRange(world, start, end ?? world.scenario.file.sizeBytes, wrong);
      if (world.scenario.file.ranges && !member.readsWhole)
        checkUnheld(world, member, start, end ?? world.scenario.file.sizeBytes, wrong);
      return;
    }
    case 'trim':
    case 'stop-fetch':
      if (!origin.has(member, command.stream)) wrong(`of an unknown stream ${command.stream}`);
      return;
    case 'pull': {
      const peer = peerOf(command.from);
      if (!sessions.knows(member, peer)) wrong(`from ${peer.name} without a session`);
      if (pulls.has(member, command.pull)) wrong(`takes the number ${command.pull} of a pull that lives`);
      // While the origin has named no length, a pull of the last piece may ask for more than there is.
      const most = world.scenario.file.lengthKnown
        ? command.end
        : Math.min(command.end, world.scenario.file.sizeBytes);
      checkRange(world, command.start, most, wrong);
      checkUnheld(world, member, command.start, most, wrong);
      return;
    }
    case 'stop-pull':
      if (!pulls.has(member, command.pull)) wrong(`of an unknown pull ${command.pull}`);
      return;
    case 'set-size':
      if (command.sizeBytes !== world.scenario.file.sizeBytes) wrong(`to ${command.sizeBytes} bytes`);
      return;
    case 'hash':
      if (kept(command.piece)) wrong(`of piece ${command.piece}, which is kept`);
      if (member.hashing.has(command.piece)) wrong(`of piece ${command.piece} while it is being hashed`);
      if (!member.disk.isComplete(command.piece))
        wrong(`of piece ${command.piece} before all of it is there`);
      return;
    case 'sign':
      if (kept(command.piece)) wrong(`of piece ${command.piece}, which is kept`);
      if (!sameBytes(command.sha256, member.disk.sha256(command.piece)))
        wrong(`a hash that piece ${command.piece} has not`);
      if (!member.disk.isRight(command.piece)) {
        if (world.scenario.faults.wrongPieces === undefined)
          wrong(`of wrong bytes in piece ${command.piece}`);
        // The end of a piece that somebody else fetched may be wrong, too.
        member.wasMisled = true;
      }
      return;
    case 'keep':
      if (kept(command.record.piece)) wrong(`of piece ${command.record.piece}, which is kept`);
      if (!sameBytes(command.record.sha256, member.disk.sha256(command.record.piece))) {
        wrong(`of piece ${command.record.piece} against a hash that it has not`);
      }
      return;
    case 'finish':
      if (member.disk.records.size < geometry.pieceCount!) wrong('before every piece is kept');
      if (member.finishing) wrong('for the second time');
      return;
    case 'use-sources': {
      peerOf(command.from);
      if (command.urls.length === 0) wrong('of nothing');
      answers.revived(member);
      return;
    }
    case 'serve':
    case 'refuse-serve':
      if (!pulls.isAsked(member, command.request)) wrong(`of an unknown request ${command.request}`);
      return;
    case 'done':
      if (!member.finished) wrong('before the file is finished');
      return;
    case 'failed':
    case 'recovered':
    case 'needed':
    case 'not-needed':
    case 'needs-link':
    case 'member-joined':
    case 'member-left':
      return;
  }
}

type Wrong = (why: string) => never;

function checkRange(world: Transports, start: number, end: number, wrong: Wrong): void {
  if (
    !Number.isInteger(start) ||
    !Number.isInteger(end) ||
    start < 0 ||
    end <= start ||
    end > world.scenario.file.sizeBytes
  ) {
    wrong(`of no bytes of the file: ${start} to ${end} of ${world.scenario.file.sizeBytes}`);
  }
}

function checkUnheld(world: Transports, member: SimMember, start: number, end: number, wrong: Wrong): void {
  for (let piece = world.geometry.pieceAt(start); world.geometry.startOf(piece) < end; piece++) {
    if (member.disk.records.has(piece)) wrong(`of piece ${piece}, which is kept`);
  }
}
