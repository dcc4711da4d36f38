/** SQLite's `application_id` of a list of downloads: "DRAG". A file with another number belongs to another program. */
export const APPLICATION_ID = 0x44524147;

/**
 * The schema, as a list of steps: SQLite's `user_version` counts those that were applied to a file. They only go
 * forward, and a released step never changes, because files that went through it exist; a process of the previous
 * version may still use the file, so a step only adds.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE processes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    pid INTEGER NOT NULL,
    began TEXT,
    host TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,
    seen_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE downloads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    way TEXT NOT NULL,
    url TEXT NOT NULL,
    directory TEXT NOT NULL,
    file_name TEXT,
    priority REAL NOT NULL DEFAULT 0,
    job TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    owner INTEGER REFERENCES processes (id) ON DELETE SET NULL,
    path TEXT,
    size_bytes INTEGER,
    held_bytes INTEGER NOT NULL DEFAULT 0,
    origin_bytes INTEGER NOT NULL DEFAULT 0,
    lan_bytes INTEGER NOT NULL DEFAULT 0,
    bytes_per_second REAL NOT NULL DEFAULT 0,
    etag TEXT,
    last_modified TEXT,
    file_modified_ms REAL,
    sha256 TEXT,
    trust TEXT,
    error_code TEXT,
    error_message TEXT,
    error_next TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    finished_ms INTEGER
  ) STRICT;
  CREATE INDEX downloads_by_state ON downloads (state, id);
  CREATE INDEX downloads_by_url ON downloads (url);
  CREATE INDEX downloads_by_owner ON downloads (owner) WHERE owner IS NOT NULL;

  CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    download INTEGER NOT NULL REFERENCES downloads (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    value TEXT
  ) STRICT;
  CREATE INDEX requests_by_download ON requests (download);

  CREATE TABLE origins (
    host TEXT PRIMARY KEY,
    connections INTEGER NOT NULL,
    bytes_per_second REAL NOT NULL,
    seen_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX origins_by_time ON origins (seen_ms);

  CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE downloads ADD COLUMN error_hint TEXT;
  `,
];

/**
 * For each step, statements that compile on every usable file to which it was applied: they name each column in use,
 * and compiling them reads no row.
 */
export const PROBES: readonly (readonly string[])[] = [
  [
    'SELECT id, pid, began, host, token, seen_ms FROM processes LIMIT 0',
    `SELECT id, way, url, directory, file_name, priority, job, state, owner, path, size_bytes, held_bytes, origin_bytes,
     lan_bytes, bytes_per_second, etag, last_modified, file_modified_ms, sha256, trust, error_code, error_message,
     error_next, attempts, created_ms, started_ms, finished_ms FROM downloads LIMIT 0`,
    'SELECT id, download, kind, value FROM requests LIMIT 0',
    'SELECT host, connections, bytes_per_second, seen_ms FROM origins LIMIT 0',
    'SELECT name, value FROM settings LIMIT 0',
  ],
  ['SELECT error_hint FROM downloads LIMIT 0'],
];
