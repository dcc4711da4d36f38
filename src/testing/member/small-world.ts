import type { Command, Event, OriginOutcome } from '../../core/contract.ts';
import { Geometry } from '../../core/geometry.ts';
import type { MemberId } from '../../core/ids.ts';
import { MemberCore } from '../../core/member/member-core.ts';
import type { Message, Offer, PieceRecord } from '../../core/messages.ts';
import { FakeDisk } from './fake-disk.ts';
import { type Actor, type Due, type Played, sampleOffer } from './small-actors.ts';
import { carryOutOnDisk, piecesOf } from './small-disk.ts';

export { type Actor, type Played, sampleOffer } from './small-actors.ts';

const KIB = 1024;

/** So many ticks in a row at one moment are a core that asks to be woken for nothing. */
const MOST_TICKS_AT_ONCE = 50;

/**
 * A few cores wired to each other in memory: messages arrive in order a millisecond later, pulls are instant, the
 * origin sends each stream 64 KiB a step of `originStepMs`. Nothing is left to chance. Tests put a spanner in with
 * `intercept`, or speak for a member with `say`.
 */
export class SmallWorld {
  nowMs = 0;
  readonly actors = new Map<MemberId, Actor>();
  readonly played = new Map<MemberId, Played>();
  /** What the file really is, whatever was offered. */
  readonly sizeBytes: number;
  readonly offer: Offer;
  originStepMs = 4;
  #due: Due[] = [];
  #order = 0;
  #requests = 0;
  readonly #links = new Set<string>();

  constructor(offer: Offer = sampleOffer(), sizeBytes = offer.identity.sizeBytes ?? 3_000_000) {
    this.offer = offer;
    this.sizeBytes = sizeBytes;
  }

  /** The file as it really is cut. */
  get geometry(): Geometry {
    return new Geometry(this.sizeBytes, this.offer.pieceBytes);
  }

  add(id: MemberId, seniority?: number): Actor {
    let seed = this.actors.size + 1;
    const random = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed / 2 ** 31;
    };
    const core = new MemberCore({
      me: id,
      name: id,
      certificate: new Uint8Array([1]),
      addresses: [`${id}:1`],
      room: { id: 'room', invite: 'invite' },
      seniority,
      random,
    });
    const actor: Actor = {
      id,
      core,
      disk: new FakeDisk(),
      streams: new Map(),
      pulls: new Map(),
      requests: new Map(),
      commands: [],
      finished: new Set(),
      intercept: () => false,
      originBytes: 0,
    };
    this.actors.set(id, actor);
    return actor;
  }

  /** Opens the world's download on a member, which may fetch. */
  open(actor: Actor, offer: Offer = this.offer, held: readonly PieceRecord[] = []): void {
    this.tell(actor, { type: 'add-download', offer, held, maxConnections: 4 });
    this.tell(actor, { type: 'probe-done', download: offer.download, canFetch: true });
  }

  connect(a: Actor, b: Actor): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#links.add(`${one.id} ${other.id}`);
      this.tell(one, {
        type: 'peer-up',
        peer: other.id,
        name: other.id,
        addresses: [`${other.id}:1`],
        certificate: new Uint8Array([1]),
      });
    }
  }

  disconnect(a: Actor, b: Actor): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!this.#links.delete(`${one.id} ${other.id}`)) continue;
      for (const [pull, { from }] of one.pulls) if (from === other.id) this.#endPull(one, pull, 'broken');
      this.tell(one, { type: 'peer-down', peer: other.id });
    }
  }

  /** A session with somebody who is played by the test: by its words, or by what it sends too. */
  meet(actor: Actor, stranger: MemberId, played?: Played): void {
    if (played) this.played.set(stranger, played);
    this.#links.add(`${actor.id} ${stranger}`);
    const certificate = new Uint8Array([2]);
    this.tell(actor, { type: 'peer-up', peer: stranger, name: stranger, addresses: [], certificate });
  }

  disconnectStranger(actor: Actor, stranger: MemberId): void {
    this.tell(actor, { type: 'peer-down', peer: stranger });
  }

  say(from: MemberId, to: Actor, message: Message): void {
    this.tell(to, { type: 'message', from, message });
  }

  /** Hands an event over now and carries out what follows. */
  tell(actor: Actor, event: Event): void {
    actor.core.handle(event, this.nowMs);
    for (const command of actor.core.drain()) {
      actor.commands.push(command);
      if (!actor.intercept(command)) this.#execute(actor, command);
    }
  }

  /** Lets time pass. Returns whether `until` came true before `forMs` were over. */
  run(forMs: number, until: () => boolean = () => false): boolean {
    const endMs = this.nowMs + forMs;
    let ticks = 0;
    while (!until()) {
      const due = this.#due[0];
      const wakes = [...this.actors.values()].map((actor) => ({
        actor,
        atMs: actor.core.deadline() ?? Infinity,
      }));
      const [wake] = wakes.sort((a, b) => a.atMs - b.atMs);
      const nextMs = Math.max(this.nowMs, Math.min(due?.atMs ?? Infinity, wake?.atMs ?? Infinity));
      if (nextMs > endMs) {
        this.nowMs = endMs;
        return false;
      }
      ticks = nextMs > this.nowMs ? 0 : ticks;
      this.nowMs = nextMs;
      if (wake && wake.atMs <= nextMs && !(due && due.atMs < wake.atMs)) {
        if (++ticks > MOST_TICKS_AT_ONCE) throw new Error(`${wake.actor.id} asks to be woken for nothing`);
        this.tell(wake.actor, { type: 'tick' });
      } else {
        this.#due.shift();
        due!.act();
      }
    }
    return true;
  }

  /** Runs until these members have the file, and says whether they do. */
  finishes(forMs: number, ...actors: readonly Actor[]): boolean {
    return this.run(forMs, () => actors.every(({ finished }) => finished.has(this.offer.download)));
  }

  later(delayMs: number, act: () => void): void {
    const due = { atMs: this.nowMs + delayMs, order: ++this.#order, act };
    this.#due.push(due);
    this.#due.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
  }

  /** Ends an origin stream in the given way, as if the connection had. */
  endStream(actor: Actor, stream: number, outcome: OriginOutcome, retryAfterMs?: number): void {
    if (!actor.streams.delete(stream)) return;
    const { download } = this.offer;
    const reason = { code: 'origin-failed', message: outcome } as const;
    this.tell(actor, { type: 'origin-ended', download, stream, outcome, retryAfterMs, reason });
  }

  #execute(actor: Actor, command: Command): void {
    switch (command.type) {
      case 'send':
        this.later(1, () => {
          const to = this.actors.get(command.to);
          if (to && this.#links.has(`${actor.id} ${to.id}`)) this.say(actor.id, to, command.message);
        });
        return;
      case 'drop': {
        const peer = this.actors.get(command.peer);
        if (peer) this.later(0, () => this.disconnect(actor, peer));
        else this.tell(actor, { type: 'peer-down', peer: command.peer });
        return;
      }
      case 'offered':
        this.later(1, () => this.open(actor, command.offer));
        return;
      case 'fetch': {
        const { stream, start, end } = command;
        actor.streams.set(stream, { position: start, end: end ?? Infinity });
        this.later(this.originStepMs, () => this.#stream(actor, stream));
        return;
      }
      case 'trim': {
        const stream = actor.streams.get(command.stream);
        if (stream) stream.end = Math.min(stream.end, command.end);
        return;
      }
      case 'stop-fetch':
        this.later(1, () => this.endStream(actor, command.stream, 'stopped'));
        return;
      case 'pull': {
        const { pull, start, end, from } = command;
        actor.pulls.set(pull, { position: start, end, from });
        this.later(1, () => this.#pull(actor, pull));
        return;
      }
      case 'stop-pull':
        this.later(1, () => this.#endPull(actor, command.pull, 'stopped'));
        return;
      case 'serve':
        return this.#serve(actor, command.request, command.records);
      case 'refuse-serve': {
        const { of, pull } = actor.requests.get(command.request)!;
        actor.requests.delete(command.request);
        return this.#endPull(of, pull, 'refused');
      }
      default:
        return carryOutOnDisk(this, actor, command);
    }
  }

  #stream(actor: Actor, id: number): void {
    const stream = actor.streams.get(id);
    if (!stream) return;
    const { download } = this.offer;
    const start = stream.position;
    const end = Math.min(start + 64 * KIB, stream.end, this.sizeBytes);
    if (end > start) {
      stream.position = end;
      actor.originBytes += end - start;
      actor.disk.write(start, end, 'good');
      this.tell(actor, { type: 'origin-bytes', download, stream: id, start, end });
    }
    if (stream.position < Math.min(stream.end, this.sizeBytes)) {
      this.later(this.originStepMs, () => this.#stream(actor, id));
      return;
    }
    if (stream.end === Infinity)
      this.tell(actor, { type: 'size-known', download, sizeBytes: this.sizeBytes });
    this.endStream(actor, id, 'complete');
  }

  /** All that was asked for goes over at once. */
  #serve(from: Actor, request: number, records: readonly PieceRecord[]): void {
    const { of: actor, pull: id } = from.requests.get(request)!;
    from.requests.delete(request);
    const pull = actor.pulls.get(id);
    const { download } = this.offer;
    if (pull) {
      const { position: start, end } = pull;
      this.tell(actor, { type: 'records', download, records });
      actor.disk.write(start, end, from.disk.read(start, end));
      this.tell(actor, { type: 'pull-bytes', download, pull: id, start, end });
      this.#endPull(actor, id, 'complete');
    }
    this.tell(from, { type: 'served', request, bytes: pull ? pull.end - pull.position : 0 });
  }

  #pull(actor: Actor, id: number): void {
    const pull = actor.pulls.get(id);
    if (!pull) return;
    const { download } = this.offer;
    const { position: start, end } = pull;
    const played = this.played.get(pull.from);
    if (played?.silent) return;
    const from = this.actors.get(pull.from);
    if (!played) {
      if (!from) return this.#endPull(actor, id, 'refused');
      const request = ++this.#requests;
      from.requests.set(request, { of: actor, pull: id });
      return this.tell(from, { type: 'serve-request', request, peer: actor.id, download, start, end });
    }
    const records = piecesOf(this.geometry, start, end).flatMap((piece) => played.recordOf(piece) ?? []);
    if (!played.recordsLast) this.tell(actor, { type: 'records', download, records });
    actor.disk.write(start, end, played.content);
    this.tell(actor, { type: 'pull-bytes', download, pull: id, start, end });
    if (!played.recordsLast) return this.#endPull(actor, id, 'complete');
    this.later(5, () => {
      this.tell(actor, { type: 'records', download, records });
      this.#endPull(actor, id, 'complete');
    });
  }

  #endPull(actor: Actor, pull: number, outcome: 'complete' | 'stopped' | 'broken' | 'refused'): void {
    if (!actor.pulls.delete(pull)) return;
    this.tell(actor, { type: 'pull-ended', download: this.offer.download, pull, outcome });
  }
}
