import { readNamedUrl } from '../../url/web-url.ts';

/** Links read from one answer. */
const MAX_LINKS = 64;
/** RFC 6249, 3.1: what a link without `pri` counts as. */
const LOWEST_PRIORITY = 999_999;

/**
 * One link of a Link header (RFC 8288 Web Linking, 3). Names are lower case; a name that is repeated keeps its first
 * value.
 */
export interface Link {
  /** As it stands: may be relative. */
  readonly target: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Other addresses of the file of an answer, and descriptions of it (RFC 6249 Metalink/HTTP). */
export interface FileLinks {
  /** Other addresses of the file, best first. */
  readonly mirrors: readonly string[];
  /** Metalink 4 files that describe it. */
  readonly describedBy: readonly string[];
}

/**
 * Reads `Link: rel=duplicate` (RFC 6249, 3) and `rel=describedby` of Metalink files (5) from an answer of `base`. Only
 * web addresses come back, each once; when the answer came by https, only https ones.
 */
export function fileLinks(header: string | undefined, base: URL): FileLinks {
  const mirrors: { readonly url: string; readonly priority: number }[] = [];
  const describedBy: string[] = [];
  for (const { target, parameters } of parseLinks(header)) {
    // A link with an anchor speaks of another resource than this one (RFC 8288, 3.2).
    if (parameters.has('anchor')) continue;
    const url = namedUrl(target, base);
    if (url === undefined) continue;
    const relations = (parameters.get('rel') ?? '').toLowerCase().split(/\s+/);
    if (relations.includes('duplicate')) mirrors.push({ url, priority: priorityOf(parameters.get('pri')) });
    const type = parameters.get('type')?.trim().toLowerCase();
    if (relations.includes('describedby') && type === 'application/metalink4+xml') describedBy.push(url);
  }
  mirrors.sort((a, b) => a.priority - b.priority);
  return {
    mirrors: [...new Set(mirrors.map((one) => one.url))],
    describedBy: [...new Set(describedBy)],
  };
}

/** The links of a header, up to the first text that is not a link. Several headers come joined by commas. */
export function parseLinks(header: string | undefined): Link[] {
  const links: Link[] = [];
  const text = header ?? '';
  const target = /[\s,]*<([^>]*)>/y;
  // `name`, `name=token`, or `name="quoted \" string"`; sticky and without nesting, so linear in time.
  const parameter = /\s*;\s*(?:([^\s=;,"]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?)?/y;
  let at = 0;
  while (links.length < MAX_LINKS) {
    target.lastIndex = at;
    const found = target.exec(text);
    if (found === null) break;
    at = target.lastIndex;
    const parameters = new Map<string, string>();
    for (;;) {
      parameter.lastIndex = at;
      const pair = parameter.exec(text);
      if (pair === null) break;
      at = parameter.lastIndex;
      const name = pair[1]?.toLowerCase();
      const value = pair[2]?.replace(/\\(.)/g, '$1') ?? pair[3] ?? '';
      if (name !== undefined && !parameters.has(name)) parameters.set(name, value);
    }
    links.push({ target: found[1]!.trim(), parameters });
    if (!/^\s*(,|$)/.test(text.slice(at, at + 64))) break;
  }
  return links;
}

function priorityOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,6}$/.test(text) && Number(text) > 0 ? Number(text) : LOWEST_PRIORITY;
}

function namedUrl(target: string, base: URL): string | undefined {
  const read = target === '' ? undefined : readNamedUrl(target, base);
  if (read?.kind !== 'web') return undefined;
  const isWorse = read.url.protocol === 'http:' && base.protocol === 'https:';
  return isWorse ? undefined : read.url.href;
}
