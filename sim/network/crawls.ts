import type { Context } from './context.ts';
import type { Fluid } from './fluid.ts';
import type { SimMember } from './sim-member.ts';

/** Connections to the origin that bring a fraction of what they should: a resource of their own holds each back. */
export class Crawls {
  readonly #context: Context;
  readonly #fluid: Fluid;
  /** Members whose next connection crawls, at which share. */
  readonly #next = new Map<SimMember, number>();
  /** New connections of now crawl with this probability. */
  some: { readonly chance: number; readonly factor: number } | undefined;

  constructor(context: Context, fluid: Fluid) {
    this.#context = context;
    this.#fluid = fluid;
  }

  /** The next connection of the member will crawl. */
  setNext(member: SimMember, factor: number): void {
    this.#next.set(member, factor);
  }

  /** The resource that makes a new connection crawl, if it is to. */
  ofNew(member: SimMember): number[] {
    const next = this.#next.get(member);
    this.#next.delete(member);
    if (next !== undefined) return [this.at(member, next)];
    if (this.some === undefined || !this.#context.prng.chance(this.some.chance)) return [];
    return [this.at(member, this.some.factor)];
  }

  /** A resource with this share of what a connection of the member brings. */
  at({ spec }: SimMember, factor: number): number {
    const share = spec.wanRate / spec.maxConnections;
    const cap = this.#context.scenario.origin.connectionRate ?? Number.POSITIVE_INFINITY;
    return this.#fluid.addResource(Math.min(share, cap) * factor);
  }
}
