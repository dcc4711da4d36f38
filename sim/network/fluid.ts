/** Bytes that move at a rate. Positions are file offsets and may be fractions of a byte between two targets. */
export interface Flow {
  /** The resources that it loads, by the number that `addResource` gave. */
  readonly uses: readonly number[];
  /** A blocked flow moves nothing and takes no share. */
  blocked: boolean;
  position: number;
  /** Where the owner wants to hear of it: a step or the end. */
  target: number;
  /** Bytes per millisecond. Set by the sharing. */
  rate: number;
}

/** How near to its target a flow counts as there, in bytes: well above rounding, well below a byte. */
const CLOSE = 1e-2;

/**
 * Links that flows share fairly (max-min fair, by progressive filling: Bertsekas and Gallager, Data Networks, 6.5.2).
 * Rates are worked out again only when a flow or a capacity changed, and once for all changes of one moment.
 */
export class Fluid {
  readonly #capacities: number[] = [];
  readonly #flows: Flow[] = [];
  #sinceMs = 0;
  #nextMs = Number.POSITIVE_INFINITY;
  #sharesStale = false;
  #nextStale = false;

  /** `rate` in bytes per second. Answers the number of the resource. */
  addResource(rate: number): number {
    this.#capacities.push(rate / 1000);
    return this.#capacities.length - 1;
  }

  /** `rate` in bytes per second. */
  setCapacity(resource: number, rate: number, nowMs: number): void {
    this.#advance(nowMs);
    this.#capacities[resource] = rate / 1000;
    this.#sharesStale = true;
  }

  add(flow: Flow, nowMs: number): void {
    this.#advance(nowMs);
    this.#flows.push(flow);
    this.#sharesStale = true;
  }

  /** Returns whether it was there. */
  remove(flow: Flow, nowMs: number): boolean {
    const index = this.#flows.indexOf(flow);
    if (index < 0) return false;
    this.#advance(nowMs);
    this.#flows.splice(index, 1);
    flow.rate = 0;
    this.#sharesStale = true;
    return true;
  }

  setBlocked(flow: Flow, blocked: boolean, nowMs: number): void {
    if (flow.blocked === blocked) return;
    this.#advance(nowMs);
    flow.blocked = blocked;
    this.#sharesStale = true;
  }

  setTarget(flow: Flow, target: number): void {
    flow.target = target;
    this.#nextStale = true;
  }

  /** Where the flow is now. */
  positionOf(flow: Flow, nowMs: number): number {
    this.#advance(nowMs);
    return flow.position;
  }

  /** When the next flow reaches its target; infinite when none moves. */
  nextMs(): number {
    if (this.#sharesStale) this.#share();
    if (this.#sharesStale || this.#nextStale) {
      this.#sharesStale = false;
      this.#nextStale = false;
      let waitMs = Number.POSITIVE_INFINITY;
      for (const flow of this.#flows) {
        if (flow.rate > 0) waitMs = Math.min(waitMs, (flow.target - flow.position) / flow.rate);
      }
      this.#nextMs = this.#sinceMs + Math.max(0, waitMs);
    }
    return this.#nextMs;
  }

  /** Moves on to `nowMs` and lists the flows that have reached their target, oldest first. */
  reached(nowMs: number): readonly Flow[] {
    this.#advance(nowMs);
    this.#nextStale = true;
    const arrived: Flow[] = [];
    for (const flow of this.#flows) {
      if (flow.rate > 0 && flow.position >= flow.target - CLOSE) {
        flow.position = flow.target;
        arrived.push(flow);
      }
    }
    return arrived;
  }

  #advance(nowMs: number): void {
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs <= 0) return;
    if (this.#sharesStale) this.#share();
    this.#sinceMs = nowMs;
    for (const flow of this.#flows)
      flow.position = Math.min(flow.target, flow.position + flow.rate * elapsedMs);
    this.#nextStale = true;
  }

  #share(): void {
    maxMinShares(this.#flows, this.#capacities);
    this.#nextStale = true;
    this.#sharesStale = false;
  }
}

/** Sets the max-min fair `rate` of each flow, in the unit of the capacities. A flow that uses nothing gets 0. */
export function maxMinShares(flows: readonly Flow[], capacities: readonly number[]): void {
  const left = capacities.slice();
  const users = new Array<number>(left.length).fill(0);
  let open: Flow[] = [];
  for (const flow of flows) {
    flow.rate = 0;
    if (flow.blocked || flow.uses.length === 0) continue;
    open.push(flow);
    for (const resource of flow.uses) users[resource]!++;
  }
  while (open.length > 0) {
    let share = Number.POSITIVE_INFINITY;
    let tightest = -1;
    for (let resource = 0; resource < left.length; resource++) {
      if (users[resource] === 0) continue;
      const each = left[resource]! / users[resource]!;
      if (each < share) {
        share = each;
        tightest = resource;
      }
    }
    if (tightest < 0) return;
    const rest: Flow[] = [];
    for (const flow of open) {
      if (!flow.uses.includes(tightest)) {
        rest.push(flow);
        continue;
      }
      flow.rate = Math.max(0, share);
      for (const resource of flow.uses) {
        left[resource]! -= flow.rate;
        users[resource]!--;
      }
    }
    open = rest;
  }
}
