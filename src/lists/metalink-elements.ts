import type sax from 'sax';

/** Namespaces of Metalink 4 (RFC 5854, 4.1) and of version 3. */
export const NAMESPACES: ReadonlyMap<string, 3 | 4> = new Map([
  ['urn:ietf:params:xml:ns:metalink', 4],
  ['http://www.metalinker.org/', 3],
]);
/** Elements of version 3 that only group others. */
export const WRAPPERS = new Set(['files', 'resources', 'verification']);

/** A known element, and those that may be in it, by name. */
interface Kind {
  readonly path: ElementPath;
  readonly hasText: boolean;
  readonly inside: ReadonlyMap<string, Kind>;
}

/** Elements by their names from the root down, as in version 4. */
export type ElementPath =
  | 'metalink'
  | 'metalink/file'
  | 'metalink/file/size'
  | 'metalink/file/hash'
  | 'metalink/file/pieces'
  | 'metalink/file/pieces/hash'
  | 'metalink/file/url'
  | 'metalink/file/metaurl';

const kind = (path: ElementPath, hasText: boolean, inside: readonly Kind[] = []): Kind => ({
  path,
  hasText,
  inside: new Map(inside.map((one) => [one.path.slice(path.length + 1), one])),
});

/** The root of a Metalink document (RFC 5854, 4), with the elements that are used here. */
export const METALINK = kind('metalink', false, [
  kind('metalink/file', false, [
    kind('metalink/file/size', true),
    kind('metalink/file/hash', true),
    kind('metalink/file/pieces', false, [kind('metalink/file/pieces/hash', true)]),
    kind('metalink/file/url', true),
    kind('metalink/file/metaurl', false),
  ]),
]);

/** A known element of a Metalink file. */
export interface XmlElement {
  readonly path: ElementPath;
  readonly version: 3 | 4;
  /** The line in which it begins, from 1. */
  readonly line: number;
  /** The value of an attribute; undefined when it is missing. */
  attribute(name: string): string | undefined;
}

/** Namespaces by prefix. */
type Scope = ReadonlyMap<string, string>;

/** An open element, with what is needed to read its content. */
export class Frame implements XmlElement {
  readonly version: 3 | 4;
  readonly line: number;
  readonly scope: Scope;
  /** The known element; of a wrapper, the one around it; undefined for an unknown element and all its content. */
  readonly kind: Kind | undefined;
  readonly isWrapper: boolean;
  readonly #attributes: Readonly<Record<string, string>>;
  text = '';

  constructor(
    tag: sax.Tag,
    version: 3 | 4,
    line: number,
    scope: Scope,
    kind: Kind | undefined,
    isWrapper: boolean,
  ) {
    this.version = version;
    this.line = line;
    this.scope = scope;
    this.kind = kind;
    this.isWrapper = isWrapper;
    this.#attributes = tag.attributes;
  }

  get path(): ElementPath {
    return this.kind!.path;
  }

  get hasText(): boolean {
    return !this.isWrapper && this.kind?.hasText === true;
  }

  attribute(name: string): string | undefined {
    return Object.hasOwn(this.#attributes, name) ? this.#attributes[name] : undefined;
  }
}

const NO_SCOPE: Scope = new Map();

/** Namespace Scoping (XML Names, 6.1): those from outside and those that the element declares. */
export function scopeOf(outer: Scope = NO_SCOPE, attributes: Readonly<Record<string, string>>): Scope {
  let scope: Map<string, string> | undefined;
  for (const name in attributes) {
    if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
    scope ??= new Map(outer);
    scope.set(name.slice('xmlns:'.length), attributes[name]!);
  }
  return scope ?? outer;
}
