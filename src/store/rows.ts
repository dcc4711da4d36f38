import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Hint } from '../core/hint.ts';
import { readHint } from '../core/read-hint.ts';
import type {
  ControlRequest,
  DownloadPatch,
  DownloadRow,
  DownloadState,
  NewDownload,
} from './download-row.ts';

/** A row from SQLite. Anybody may have edited the file: no value is as expected until it is checked. */
export type RawRow = Readonly<Record<string, SQLOutputValue>>;

const STATES: readonly string[] = ['waiting', 'running', 'paused', 'done', 'failed'];
const WAYS: readonly string[] = ['get', 'host', 'join'];
const KINDS: readonly string[] = ['pause', 'resume', 'remove', 'refresh', 'limit', 'priority'];

/** ECMA-262, 21.4.1.1: the last moment that a `Date` can hold. */
const MAX_TIME_MS = 8_640_000_000_000_000;

type Field = Exclude<keyof DownloadPatch, 'error'>;

/** The column of each field that may change, and its kind; `!` marks columns that are never empty. */
const COLUMNS: {
  readonly [K in Field]: readonly [
    column: string,
    kind: 'text' | 'text!' | 'count' | 'count!' | 'real' | 'real!',
  ];
} = {
  url: ['url', 'text!'],
  directory: ['directory', 'text!'],
  fileName: ['file_name', 'text'],
  priority: ['priority', 'real!'],
  job: ['job', 'text!'],
  state: ['state', 'text!'],
  path: ['path', 'text'],
  sizeBytes: ['size_bytes', 'count'],
  heldBytes: ['held_bytes', 'count!'],
  originBytes: ['origin_bytes', 'count!'],
  lanBytes: ['lan_bytes', 'count!'],
  bytesPerSecond: ['bytes_per_second', 'real!'],
  etag: ['etag', 'text'],
  lastModified: ['last_modified', 'text'],
  fileModifiedMs: ['file_modified_ms', 'real'],
  sha256: ['sha256', 'text'],
  trust: ['trust', 'text'],
  attempts: ['attempts', 'count!'],
  startedMs: ['started_ms', 'count'],
  finishedMs: ['finished_ms', 'count'],
};

/** The columns that a patch changes, with their new values. Invalid numbers are left out. */
export function assignmentsOf(patch: DownloadPatch): {
  readonly columns: string[];
  readonly values: SQLInputValue[];
} {
  const columns: string[] = [];
  const values: SQLInputValue[] = [];
  for (const field of Object.keys(patch) as (keyof DownloadPatch)[]) {
    if (field === 'error') {
      columns.push('error_code', 'error_message', 'error_next', 'error_hint');
      const { code, message, next, hint } = patch.error ?? {};
      values.push(code ?? null, message ?? null, next ?? null, hint ? JSON.stringify(hint) : null);
      continue;
    }
    const known = Object.hasOwn(COLUMNS, field) ? COLUMNS[field] : undefined;
    if (known === undefined) continue;
    const [column, kind] = known;
    const value = storable(patch[field], kind);
    if (value === undefined || (value === null && kind.endsWith('!'))) continue;
    columns.push(column);
    values.push(value);
  }
  return { columns, values };
}

function storable(value: string | number | undefined, kind: string): SQLInputValue | undefined {
  if (value === undefined) return null;
  if (kind.startsWith('text')) return String(value);
  const number = Number(value);
  if (!Number.isFinite(number)) return undefined;
  return kind.startsWith('count')
    ? Math.min(Math.max(0, Math.round(number)), Number.MAX_SAFE_INTEGER)
    : number;
}

/** The values of a new download for `INSERT_DOWNLOAD`. */
export function insertValuesOf(download: NewDownload, nowMs: number): SQLInputValue[] {
  const priority = storable(download.priority ?? 0, 'real!') ?? 0;
  return [
    download.way,
    download.url,
    download.directory,
    download.fileName ?? null,
    priority,
    download.job,
    nowMs,
  ];
}

export const INSERT_DOWNLOAD =
  'INSERT INTO downloads (way, url, directory, file_name, priority, job, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?)';

/** A download from its row; undefined if a required value is missing or invalid. */
export function downloadFrom(row: RawRow): DownloadRow | undefined {
  const id = countOf(row.id);
  const way = wordOf<DownloadRow['way']>(row.way, WAYS);
  const state = wordOf<DownloadState>(row.state, STATES);
  const url = textOf(row.url);
  const directory = textOf(row.directory);
  const job = textOf(row.job);
  if (!id || !way || !state || url === undefined || directory === undefined || job === undefined)
    return undefined;
  const code = textOf(row.error_code);
  return {
    id,
    way,
    url,
    directory,
    job,
    // It has no owner, so it does not run, even if the file says so.
    state: state === 'running' && countOf(row.owner) === undefined ? 'waiting' : state,
    priority: realOf(row.priority) ?? 0,
    heldBytes: countOf(row.held_bytes) ?? 0,
    originBytes: countOf(row.origin_bytes) ?? 0,
    lanBytes: countOf(row.lan_bytes) ?? 0,
    bytesPerSecond: Math.max(0, realOf(row.bytes_per_second) ?? 0),
    attempts: countOf(row.attempts) ?? 0,
    createdMs: timeOf(row.created_ms) ?? 0,
    ...(countOf(row.owner) === undefined ? {} : { isTaken: true }),
    ...some('fileName', textOf(row.file_name)),
    ...some('path', textOf(row.path)),
    ...some('sizeBytes', countOf(row.size_bytes)),
    ...some('etag', textOf(row.etag)),
    ...some('lastModified', textOf(row.last_modified)),
    ...some('fileModifiedMs', realOf(row.file_modified_ms)),
    ...some('sha256', digestOf(row.sha256)),
    ...some('trust', textOf(row.trust)),
    ...some('startedMs', timeOf(row.started_ms)),
    ...some('finishedMs', timeOf(row.finished_ms)),
    ...(code === undefined
      ? {}
      : {
          error: {
            code,
            message: textOf(row.error_message) ?? '',
            ...some('next', textOf(row.error_next)),
            ...some('hint', hintFrom(row.error_hint)),
          },
        }),
  };
}

/** A request from its row; undefined if it is invalid. */
export function requestFrom(row: RawRow): ControlRequest | undefined {
  const kind = wordOf<ControlRequest['kind']>(row.kind, KINDS);
  const download = countOf(row.download);
  if (!kind || !download) return undefined;
  return { kind, download, ...some('value', textOf(row.value)) };
}

function hintFrom(value: SQLOutputValue | undefined): Hint | undefined {
  try {
    return readHint(JSON.parse(textOf(value) ?? 'null'));
  } catch {
    return undefined;
  }
}

function some<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}

export function textOf(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A whole number from 0 that JavaScript can hold. Integers come as `bigint`, so that large ones are not rounded. */
export function countOf(value: SQLOutputValue | undefined): number | undefined {
  const number = realOf(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** Milliseconds since 1970 that a `Date` can hold. */
function timeOf(value: SQLOutputValue | undefined): number | undefined {
  const time = countOf(value);
  return time !== undefined && time <= MAX_TIME_MS ? time : undefined;
}

export function realOf(value: SQLOutputValue | undefined): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function digestOf(value: SQLOutputValue | undefined): string | undefined {
  const text = textOf(value);
  return text !== undefined && /^[0-9a-f]{64}$/.test(text) ? text : undefined;
}

function wordOf<T extends string>(
  value: SQLOutputValue | undefined,
  words: readonly string[],
): T | undefined {
  return typeof value === 'string' && words.includes(value) ? (value as T) : undefined;
}
