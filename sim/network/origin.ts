import type { OriginOutcome } from '../../src/core/contract.ts';
import { RIGHT } from './content.ts';
import type { Context } from './context.ts';
import { Crawls } from './crawls.ts';
import { type Flow, Fluid } from './fluid.ts';
import { failureOf } from './origin-failure.ts';
import { type OriginStream, STALL_MS } from './origin-stream.ts';
import { verdictOf } from './origin-verdict.ts';
import type { OriginWatcher } from './origin-watcher.ts';
import type { SimMember } from './sim-member.ts';
import { WholeReadings } from './whole-readings.ts';

/** A new connection costs so many round trips until the first byte: TCP, TLS 1.3, request. A warm one costs one. */
const COLD_ROUND_TRIPS = 3;
/** The web server that has the file, and the members' links to it. */
export class Origin {
  readonly fluid = new Fluid();
  readonly #world: Context;
  readonly #watcher: OriginWatcher;
  readonly #total: number;
  readonly #links: readonly number[];
  readonly #streams = new Map<number, Map<number, OriginStream>>();
  readonly #warm: number[];
  readonly #readings = new WholeReadings();
  rateFactor = 1;
  busy: { readonly retryAfterMs: number | undefined } | undefined;
  breakChance = 0;
  changed = false;
  brokenStreams = 0;
  readonly crawls: Crawls;
  /** It serves the whole file only. */
  isRangeless = false;
  /** Links before this one have expired. */
  validLink = 0;

  constructor(world: Context, watcher: OriginWatcher) {
    this.#world = world;
    this.#watcher = watcher;
    this.crawls = new Crawls(world, this.fluid);
    const { origin, members } = world.scenario;
    this.#total = this.fluid.addResource(origin.rate);
    this.#links = members.map((member) => this.fluid.addResource(member.wanRate));
    this.#warm = members.map(() => 0);
  }

  /** Streams that the core of a member may still name: begun, and their end not yet told. */
  has(member: SimMember, id: number): boolean {
    return this.#streams.get(member.index)?.has(id) ?? false;
  }

  /** Streams that the member has not asked to stop. */
  openStreams(member: SimMember): number {
    let count = 0;
    for (const stream of this.#streams.get(member.index)?.values() ?? []) if (!stream.stopped) count++;
    return count;
  }

  fetch(member: SimMember, id: number, start: number, end: number | undefined): void {
    const { file, origin } = this.#world.scenario;
    const cap = origin.connectionRate;
    const stream: OriginStream = {
      id,
      member,
      link: member.link,
      news: member.news,
      start,
      first: start,
      delivered: start,
      end: end ?? file.sizeBytes,
      toEndOfFile: end === undefined,
      breakAt: Number.POSITIVE_INFINITY,
      stopped: false,
      frozen: false,
      trimmed: false,
      uses: [
        this.#total,
        this.#links[member.index]!,
        ...(cap === undefined ? [] : [this.fluid.addResource(cap)]),
        ...this.crawls.ofNew(member),
      ],
      blocked: false,
      position: start,
      target: start,
      rate: 0,
    };
    const streams = this.#streams.get(member.index) ?? new Map();
    this.#streams.set(member.index, streams);
    streams.set(id, stream);
    const warm = this.#warm[member.index]! > 0;
    if (warm) this.#warm[member.index]!--;
    if (member.readsWhole || !file.ranges) {
      const reading = this.#readings.begin(member, stream, this.#world.clock.nowMs);
      if (reading !== 'begun') {
        this.#watch(stream, stream.first);
        this.#world.clock.after(0, () => {
          if (reading === 'busy') this.#finish(stream, 'busy');
          else this.#run(stream);
        });
        return;
      }
    }
    this.#watch(stream, stream.first);
    this.#world.clock.after(member.spec.originRttMs * (warm ? 1 : COLD_ROUND_TRIPS), () =>
      this.#answer(stream),
    );
  }

  trim(member: SimMember, id: number, end: number): void {
    const stream = this.#streams.get(member.index)!.get(id)!;
    if (end >= stream.end) return;
    stream.end = end;
    stream.trimmed = true;
    this.#world.clock.after(0, () => {
      if (!this.#isOpen(stream)) return;
      if (stream.delivered >= stream.end) this.#finish(stream, 'complete');
      else if (stream.target > stream.end) this.#aim(stream);
    });
  }

  stop(member: SimMember, id: number): void {
    const stream = this.#streams.get(member.index)!.get(id)!;
    stream.stopped = true;
    this.#world.clock.after(0, () => this.#finish(stream, 'stopped'));
  }

  /** The process is gone, and its connections with it. */
  died(member: SimMember): void {
    for (const stream of this.#streams.get(member.index)?.values() ?? [])
      this.fluid.remove(stream, this.#world.clock.nowMs);
    this.#streams.delete(member.index);
    this.#readings.forget(member);
    this.#warm[member.index] = 0;
  }

  /** The connections of a member are dead, and nobody tells it. */
  freeze(member: SimMember): void {
    for (const stream of this.#streams.get(member.index)?.values() ?? []) {
      stream.frozen = true;
      this.fluid.setBlocked(stream, true, this.#world.clock.nowMs);
    }
    this.#readings.dropIdle(member);
    this.#warm[member.index] = 0;
  }

  /** Its machine has learnt that the connections are dead: what was read from them is read anew, and with ranges at first. */
  forgetReading(member: SimMember): void {
    this.#readings.forget(member);
    member.readsWhole = false;
  }

  /** The so-manieth of the open connections of a member crawls from now on; if there are fewer, the next one does. */
  slowDown(member: SimMember, which: number, factor: number): void {
    const open = [...(this.#streams.get(member.index)?.values() ?? [])].filter((stream) => !stream.stopped);
    const stream = open[which];
    if (stream === undefined) {
      this.crawls.setNext(member, factor);
      return;
    }
    const { nowMs } = this.#world.clock;
    const isRunning = this.fluid.remove(stream, nowMs);
    stream.uses = [...stream.uses, this.crawls.at(member, factor)];
    if (isRunning) this.fluid.add(stream, nowMs);
  }

  /** Takes over what has changed about rates. */
  refresh(): void {
    const nowMs = this.#world.clock.nowMs;
    this.fluid.setCapacity(this.#total, this.#world.scenario.origin.rate * this.rateFactor, nowMs);
    for (const member of this.#world.members) {
      const rate = member.stalled ? 0 : member.spec.wanRate * member.slowFactor;
      this.fluid.setCapacity(this.#links[member.index]!, rate, nowMs);
    }
  }

  /** A stream has come to its target. */
  reached(flow: Flow): void {
    const stream = flow as OriginStream;
    if (!this.#isOpen(stream)) return;
    this.#handOver(stream, Math.min(stream.target, stream.end));
    if (!this.#isOpen(stream)) return;
    if (stream.delivered >= stream.end) this.#finish(stream, 'complete');
    else if (stream.delivered >= stream.breakAt) this.#finish(stream, 'broken');
    else this.#aim(stream);
  }

  #answer(stream: OriginStream): void {
    if (!this.#isOpen(stream) || stream.frozen) return;
    if (stream.delivered >= stream.end) return this.#finish(stream, 'complete');
    const most = this.#world.scenario.origin.connectionsPerMember ?? Number.POSITIVE_INFINITY;
    const verdict = verdictOf(this, stream, this.openStreams(stream.member) > most);
    if (verdict !== undefined) {
      if (verdict.outcome === 'rangeless') stream.member.readsWhole = true;
      this.#finish(stream, verdict.outcome, verdict.retryAfterMs);
      return;
    }
    if (this.#world.prng.chance(this.breakChance)) {
      stream.breakAt = stream.first + Math.floor((stream.end - stream.first) * this.#world.prng.random());
      if (stream.breakAt === stream.first) {
        this.#finish(stream, 'broken');
        return;
      }
    }
    this.#run(stream);
  }

  #run(stream: OriginStream): void {
    if (!this.#isOpen(stream)) return;
    this.#aim(stream);
    this.fluid.add(stream, this.#world.clock.nowMs);
  }

  /** Breaks a stream that has not come past `position` in the meantime. */
  #watch(stream: OriginStream, position: number): void {
    this.#world.clock.after(STALL_MS, () => {
      if (!this.#isOpen(stream)) return;
      const now = this.fluid.positionOf(stream, this.#world.clock.nowMs);
      if (now > position) this.#watch(stream, now);
      else this.#finish(stream, 'broken');
    });
  }

  #aim(stream: OriginStream): void {
    const step = this.#world.stepBytes;
    const next = (Math.floor(stream.delivered / step) + 1) * step;
    this.fluid.setTarget(stream, Math.min(next, stream.end, stream.breakAt));
  }

  #handOver(stream: OriginStream, upTo: number): void {
    if (stream.member.diskFailed) return;
    if (upTo <= stream.delivered) return;
    const { member, id, delivered: start } = stream;
    stream.delivered = upTo;
    member.originBytes += upTo - start;
    this.#write(member, start, upTo);
    this.#watcher.fetched(member, start, upTo);
    this.#world.deliver(member, {
      type: 'origin-bytes',
      download: this.#world.download,
      stream: id,
      start,
      end: upTo,
    });
  }

  #write(member: SimMember, start: number, end: number): void {
    const { geometry } = this.#world;
    if (member.misled.size === 0) return member.disk.write(start, end, RIGHT, true);
    for (let at = start; at < end; ) {
      const piece = geometry.pieceAt(at);
      const stop = Math.min(end, geometry.endOf(piece));
      member.disk.write(at, stop, member.misled.has(piece) ? `wrong for ${member.name}` : RIGHT, true);
      at = stop;
    }
  }

  #finish(stream: OriginStream, outcome: OriginOutcome, retryAfterMs?: number): void {
    if (!this.#isOpen(stream)) return;
    const { member, id } = stream;
    const download = this.#world.download;
    if (outcome === 'stopped') {
      // What has arrived but was not handed over yet is thrown away, as a closed socket's buffer is.
      stream.end = stream.delivered;
    }
    const { nowMs } = this.#world.clock;
    const position = Math.floor(this.fluid.positionOf(stream, nowMs));
    const isLost = outcome !== 'complete' && outcome !== 'stopped';
    this.#readings.end(stream, position, isLost, nowMs);
    const passedOver = Math.min(position, stream.start);
    if (passedOver > stream.first) {
      member.originBytes += passedOver - stream.first;
      this.#watcher.fetched(member, stream.first, passedOver);
    }
    this.fluid.remove(stream, this.#world.clock.nowMs);
    const { sizeBytes, lengthKnown } = this.#world.scenario.file;
    const life = member.life;
    if (outcome === 'complete' && stream.toEndOfFile && stream.end === sizeBytes && !lengthKnown) {
      this.#world.deliver(member, { type: 'size-known', download, sizeBytes });
    }
    if (member.life !== life || !this.#isOpen(stream)) return;
    this.#streams.get(member.index)!.delete(id);
    if (outcome === 'complete' && !stream.trimmed) this.#warm[member.index]!++;
    if (outcome === 'broken') this.brokenStreams++;
    const isWell = outcome === 'complete' || outcome === 'stopped';
    const reason = isWell ? undefined : failureOf(outcome);
    this.#world.deliver(member, {
      type: 'origin-ended',
      download,
      stream: id,
      outcome,
      retryAfterMs,
      reason,
    });
    this.#watcher.ended(member, outcome, retryAfterMs, stream.news);
  }

  #isOpen(stream: OriginStream): boolean {
    return this.#streams.get(stream.member.index)?.get(stream.id) === stream;
  }
}
