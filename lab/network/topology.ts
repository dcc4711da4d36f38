import { spawnSync } from 'node:child_process';
import type { Workbench } from '../machine/workbench.ts';
import { GOODPUT } from './bound.ts';

/** Where a program runs: the words that go before its own. None: here. */
export interface Place {
  readonly name: string;
  readonly prefix: readonly string[];
}

/** This machine, as it is. */
export const HERE: Place = { name: 'here', prefix: [] };

/** The links of a member in Mbit/s, the same in both directions. */
export interface LinkRates {
  readonly wanMbit: number;
  readonly lanMbit: number;
}

/** Bytes that a member's links have carried, as payload (frames times 1448/1514), seen from the member. */
export interface LinkBytes {
  readonly wanDown: number;
  readonly wanUp: number;
  readonly lanDown: number;
  readonly lanUp: number;
}

/** The address of the origin: on its loopback, so that all members reach it by the same URL over their own link. */
export const ORIGIN_ADDRESS = '10.99.0.1';

const WAN_QUEUE_MS = 50;
const LAN_QUEUE_MS = 20;

/**
 * Network namespaces: one for the origin, one that holds the bridge of the LAN, one for each member.
 *
 * ```
 *   member i: wan0 10.77.i.2/24 ---- 10.77.i.1 w<i> :origin (10.99.0.1)     tbf of wanMbit on both ends
 *             lan0 192.168.77.(10+i)/24 ---- p<i> :LAN bridge               tbf of lanMbit on both ends
 * ```
 * The origin's namespace does not forward, so what members tell each other can only go over the LAN.
 */
export class Topology {
  readonly origin: Place;
  readonly members: readonly Place[];
  readonly #lan: string;

  private constructor(origin: Place, lan: string, members: readonly Place[]) {
    this.origin = origin;
    this.#lan = lan;
    this.members = members;
  }

  /** Builds it; the workbench takes it away. Needs root and iproute2. At most 200 members. */
  static build(bench: Workbench, links: readonly LinkRates[]): Topology {
    const origin = namespace(bench, 'o');
    const lan = namespace(bench, 'lan');
    run(['ip', 'netns', 'exec', origin.name, 'sysctl', '-qw', 'net.ipv4.ip_forward=0']);
    // The commonest congestion control of servers, whatever this machine prefers.
    run(['ip', 'netns', 'exec', origin.name, 'sysctl', '-qw', 'net.ipv4.tcp_congestion_control=cubic'], true);
    run(['ip', '-n', origin.name, 'addr', 'add', `${ORIGIN_ADDRESS}/32`, 'dev', 'lo']);
    run(['ip', '-n', lan.name, 'link', 'add', 'br0', 'type', 'bridge']);
    run(['ip', '-n', lan.name, 'link', 'set', 'br0', 'up']);
    const members = links.map((link, i) => {
      const member = namespace(bench, `m${i}`);
      const cable = (near: string, far: string, peer: string): void => {
        run([
          'ip',
          'link',
          'add',
          near,
          'netns',
          member.name,
          'type',
          'veth',
          'peer',
          'name',
          peer,
          'netns',
          far,
        ]);
      };
      cable('wan0', origin.name, `w${i}`);
      cable('lan0', lan.name, `p${i}`);
      run(['ip', '-n', lan.name, 'link', 'set', `p${i}`, 'master', 'br0']);
      run(['ip', '-n', origin.name, 'addr', 'add', `10.77.${i}.1/24`, 'dev', `w${i}`]);
      run(['ip', '-n', member.name, 'addr', 'add', `10.77.${i}.2/24`, 'dev', 'wan0']);
      run(['ip', '-n', member.name, 'addr', 'add', `192.168.77.${10 + i}/24`, 'dev', 'lan0']);
      shape(member.name, 'wan0', link.wanMbit, 10, WAN_QUEUE_MS);
      shape(origin.name, `w${i}`, link.wanMbit, 10, WAN_QUEUE_MS);
      shape(member.name, 'lan0', link.lanMbit, 2, LAN_QUEUE_MS);
      shape(lan.name, `p${i}`, link.lanMbit, 2, LAN_QUEUE_MS);
      for (const [place, device] of [
        [member.name, 'wan0'],
        [member.name, 'lan0'],
        [origin.name, `w${i}`],
        [lan.name, `p${i}`],
      ] as const) {
        run(['ip', '-n', place, 'link', 'set', device, 'up']);
      }
      run(['ip', '-n', member.name, 'route', 'add', 'default', 'via', `10.77.${i}.1`]);
      return member;
    });
    return new Topology(origin, lan.name, members);
  }

  /** Gives each member's link to the origin another rate from now on, the same in both directions. */
  setWan(wanMbit: number): void {
    for (const [i, member] of this.members.entries()) {
      shape(member.name, 'wan0', wanMbit, 10, WAN_QUEUE_MS, 'change');
      shape(this.origin.name, `w${i}`, wanMbit, 10, WAN_QUEUE_MS, 'change');
    }
  }

  /** What each member's links have carried until now. */
  counters(): readonly LinkBytes[] {
    const origin = sentBytes(this.origin.name);
    const lan = sentBytes(this.#lan);
    return this.members.map((member, i) => {
      const own = sentBytes(member.name);
      return {
        wanDown: origin.get(`w${i}`) ?? 0,
        wanUp: own.get('wan0') ?? 0,
        lanDown: lan.get(`p${i}`) ?? 0,
        lanUp: own.get('lan0') ?? 0,
      };
    });
  }
}

/** A namespace with nothing but its loopback, or with one address besides. Needs root. */
export function namespace(bench: Workbench, suffix: string, address?: string): Place {
  const name = `${bench.prefix}${suffix}`;
  run(['ip', 'netns', 'add', name]);
  bench.defer(() => run(['ip', 'netns', 'del', name]));
  run(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
  if (address !== undefined) {
    // One cable with both ends here: what goes to the address stays on the loopback, as on any machine.
    run(['ip', '-n', name, 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1']);
    run(['ip', '-n', name, 'addr', 'add', address, 'dev', 'lan0']);
    run(['ip', '-n', name, 'link', 'set', 'lan0', 'up']);
    run(['ip', '-n', name, 'link', 'set', 'lan1', 'up']);
  }
  return { name, prefix: ['ip', 'netns', 'exec', name] };
}

/** True when this process may make namespaces. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * A token bucket that lets frames out at `mbit`; `burstMs` of it at once, so that a late timer costs no capacity, and
 * `queueMs` of it waiting.
 */
function shape(
  place: string,
  device: string,
  mbit: number,
  burstMs: number,
  queueMs: number,
  verb: 'add' | 'change' = 'add',
): void {
  const bytesPerMs = (mbit * 1e6) / 8 / 1000;
  const burst = Math.max(32 * 1024, Math.round(bytesPerMs * burstMs));
  const limit = Math.round(burst + bytesPerMs * queueMs);
  const words = ['rate', `${mbit * 1000}kbit`, 'burst', String(burst), 'limit', String(limit)];
  run(['tc', '-n', place, 'qdisc', verb, 'dev', device, 'root', 'tbf', ...words]);
}

/** Payload bytes that each shaped device of a namespace has sent. `tc` counts each segment's own headers. */
function sentBytes(place: string): ReadonlyMap<string, number> {
  const list = JSON.parse(run(['tc', '-n', place, '-s', '-j', 'qdisc', 'show'])) as readonly {
    kind: string;
    dev: string;
    bytes: number;
  }[];
  return new Map(list.filter((q) => q.kind === 'tbf').map((q) => [q.dev, q.bytes * GOODPUT]));
}

function run(argv: readonly string[], mayFail = false): string {
  const result = spawnSync(argv[0]!, argv.slice(1), { encoding: 'utf8' });
  if (result.status !== 0 && !mayFail) {
    throw new Error(`${argv.join(' ')} failed: ${result.stderr?.trim() || result.error?.message}`);
  }
  return result.stdout;
}
