import type { Connection } from './connection.ts';
import { countOf, realOf, textOf } from './rows.ts';

/** The connections and the rate of an origin when it was last used. */
export interface OriginNote {
  readonly connections: number;
  readonly bytesPerSecond: number;
}

/** Data beside the downloads: rates of origins, and settings by name. */
export class Notes {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Stores the data of an origin, in place of earlier data. `host` as in a URL, with its port if that is not the
   * default.
   */
  noteOrigin(host: string, seen: OriginNote): void {
    this.#connection.run(
      `INSERT INTO origins (host, connections, bytes_per_second, seen_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (host) DO UPDATE SET connections = excluded.connections,
         bytes_per_second = excluded.bytes_per_second, seen_ms = excluded.seen_ms`,
      host.toLowerCase(),
      Math.round(seen.connections),
      seen.bytesPerSecond,
      Date.now(),
    );
  }

  originOf(host: string): OriginNote | undefined {
    const row = this.#connection.first('SELECT * FROM origins WHERE host = ?', host.toLowerCase());
    const connections = countOf(row?.connections);
    const bytesPerSecond = realOf(row?.bytes_per_second);
    if (!connections || bytesPerSecond === undefined || bytesPerSecond < 0) return undefined;
    return { connections, bytesPerSecond };
  }

  setting(name: string): string | undefined {
    return textOf(this.#connection.first('SELECT value FROM settings WHERE name = ?', name)?.value);
  }

  /** Stores a setting; `undefined` removes it. */
  setSetting(name: string, value: string | undefined): void {
    if (value === undefined) {
      this.#connection.run('DELETE FROM settings WHERE name = ?', name);
      return;
    }
    this.#connection.run(
      'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      value,
    );
  }
}
