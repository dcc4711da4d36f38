import type { Workbench } from '../../lab/machine/workbench.ts';
import { type LinkBytes, Topology } from '../../lab/network/topology.ts';
import { Member } from '../../lab/programs/members.ts';
import { makeFile, Origin, type ServedFile } from '../../lab/programs/origin.ts';
import { until } from './members.ts';

/** What is waited for takes seconds, on a busy machine a minute. */
const PATIENCE_MS = 300_000;
/** Links to the origin while the members gather: slow, so that whoever comes first has fetched next to nothing by then. */
const GATHERING_MBIT = 0.5;
const LAN_MBIT = 1000;

/** A room whose members each have a namespace and a link of their own to a real nginx, and a LAN among them. */
export class NamespaceRoom {
  readonly #topology: Topology;
  readonly file: ServedFile;
  /** The host comes first. */
  readonly members: readonly Member[];

  private constructor(topology: Topology, file: ServedFile, members: readonly Member[]) {
    this.#topology = topology;
    this.file = file;
    this.members = members;
  }

  /** Opens the room. When this resolves all are in it, and from now on each link has its rate. */
  static async open(
    bench: Workbench,
    { size, wanMbit, fileBytes }: { size: number; wanMbit: number; fileBytes: number },
  ): Promise<NamespaceRoom> {
    const link = { wanMbit: GATHERING_MBIT, lanMbit: LAN_MBIT };
    const topology = Topology.build(
      bench,
      Array.from({ length: size }, () => link),
    );
    const [place, ...places] = topology.members;
    const file = await makeFile(bench, 'file.bin', fileBytes);
    const origin = await Origin.start(bench, topology.origin);
    const host = Member.start(bench, { name: 'm0', place: place!, mode: 'host', target: origin.url(file) });
    const { link: invite = '' } = await host.first('invite', PATIENCE_MS);
    const joiners = places.map((at, i) =>
      Member.start(bench, { name: `m${i + 1}`, place: at, mode: 'join', target: invite }),
    );
    const room = new NamespaceRoom(topology, file, [host, ...joiners]);
    for (const member of room.members) {
      const met = () => member.events.filter(({ event }) => event === 'member').length;
      await until(
        () => met() >= joiners.length,
        () => `${member.name} met only ${met()} of ${joiners.length}`,
      );
    }
    room.setWan(wanMbit);
    return room;
  }

  /** Gives each member's link to the origin another rate from now on. */
  setWan(wanMbit: number): void {
    this.#topology.setWan(wanMbit);
  }

  /** What the links of each member have carried until now. */
  carried(): readonly LinkBytes[] {
    return this.#topology.counters();
  }

  /** Bytes that the origin has sent to all together until now. */
  fetchedBytes(): number {
    return this.carried().reduce((sum, { wanDown }) => sum + wanDown, 0);
  }

  /** Waits for the end of some members. Throws when one of them fails or has another file than the origin. */
  async finish(members: readonly Member[] = this.members): Promise<void> {
    for (const member of members) {
      const exit = await member.ended(PATIENCE_MS);
      if (exit !== 0) throw new Error(`${member.name} ended with ${exit}`);
      await member.verify(this.file);
    }
  }
}
