/** One member's state, for drawing. Bytes. */
export interface Gauge {
  readonly name: string;
  readonly sizeBytes: number;
  readonly ownBytes: number;
  readonly lanBytes: number;
  readonly done: boolean;
}

const BAR = 28;

/** A gauge as one line of at most 80 columns: own bytes solid, bytes from the others shaded. */
export function gaugeLine({ name, sizeBytes, ownBytes, lanBytes, done }: Gauge): string {
  const own = Math.min(BAR, Math.round((BAR * ownBytes) / sizeBytes));
  const all = done
    ? BAR
    : Math.min(BAR, Math.max(own, Math.round((BAR * (ownBytes + lanBytes)) / sizeBytes)));
  const bar = '█'.repeat(own) + '▒'.repeat(all - own) + '·'.repeat(BAR - all);
  return `  ${name.padEnd(9)} ${bar} ${percent({ name, sizeBytes, ownBytes, lanBytes, done })}  own link ${mb(ownBytes)}  LAN ${mb(lanBytes)}`;
}

/** The same in few words, for output that is not a terminal. */
export function gaugeWords(gauge: Gauge): string {
  return `${gauge.name} ${percent(gauge).trim()} (${mb(gauge.ownBytes).trim()} own, ${mb(gauge.lanBytes).trim()} LAN)`;
}

/** Keeps a block of lines up to date in place on a terminal; elsewhere writes a line of words once a second. */
export class Screen {
  readonly #live: boolean;
  #drawn = 0;
  #nextWordsMs = 0;

  constructor(live: boolean) {
    this.#live = live;
  }

  draw(gauges: readonly Gauge[], elapsedMs: number): void {
    if (this.#live) {
      const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : '';
      process.stdout.write(`${up}${gauges.map((gauge) => `\x1b[2K${gaugeLine(gauge)}\n`).join('')}`);
      this.#drawn = gauges.length;
    } else if (elapsedMs >= this.#nextWordsMs || gauges.every((gauge) => gauge.done)) {
      this.#nextWordsMs = elapsedMs + 1000;
      console.log(`  ${(elapsedMs / 1000).toFixed(1).padStart(4)} s  ${gauges.map(gaugeWords).join('   ')}`);
    }
  }

  /** Leaves what is drawn on the screen; the next block begins below it. */
  settle(): void {
    this.#drawn = 0;
    this.#nextWordsMs = 0;
  }
}

/** Megabytes (10^6), right-aligned. */
export function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`.padStart(8);
}

function percent({ sizeBytes, ownBytes, lanBytes, done }: Gauge): string {
  const share = done ? 1 : Math.min(0.99, (ownBytes + lanBytes) / sizeBytes);
  return `${Math.floor(share * 100)}%`.padStart(4);
}
