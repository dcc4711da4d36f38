import sax from 'sax';
import { DragonloadError } from '../../core/errors.ts';
import { listError } from './list-error.ts';

/** Deepest nesting; a Metalink file has five levels, seven in version 3. */
const MAX_DEPTH = 16;
/** Most attributes of an element. */
const MAX_ATTRIBUTES = 32;
/** Longest attribute and longest text that mean anything, in characters: those of a URL. */
const MAX_TEXT_CHARS = 8192;
/** What is given to sax at once, in characters: it looks at its own limits once for each. */
const WRITE_CHARS = 4096;
/** Longest of what comes after `<!`, as far as it is `[CDATA[`. */
const MAX_DECLARATION_CHARS = 16;

/** Namespaces of Metalink 4 (RFC 5854, 4.1) and of version 3. */
const NAMESPACES: Readonly<Record<string, 3 | 4>> = {
  'urn:ietf:params:xml:ns:metalink': 4,
  'http://www.metalinker.org/': 3,
};
/** Elements of version 3 that only hold others together. */
const WRAPPERS = new Set(['files', 'resources', 'verification']);

/** An element of a Metalink file. */
export interface XmlElement {
  /** The names from the root down, as in version 4, such as `metalink/file/url`. */
  readonly path: string;
  readonly version: 3 | 4;
  readonly attributes: ReadonlyMap<string, string>;
  /** Where it begins, from 1. */
  readonly line: number;
}

/** Gets the elements of a Metalink file. What it throws comes out of `MetalinkXml`. */
export interface XmlHandler {
  open(element: XmlElement): void;
  /** @param text What is directly in it, without the white space around it, if `wantsText` says so. */
  close(element: XmlElement, text: string): void;
  wantsText(path: string): boolean;
}

interface Frame {
  /** Undefined for what is of another namespace, with all that is in it. */
  readonly element: XmlElement | undefined;
  /** Namespaces by prefix. */
  readonly scope: ReadonlyMap<string, string>;
  /** Undefined where it is not wanted. */
  text: string | undefined;
}

/**
 * Reads XML (1.0, with namespaces) as far as Metalink files use it, and hands their elements on. Nothing is expanded but
 * the five entities of XML and character references; a document type is refused. Throws `bad-list` with the line for
 * malformed XML, for other documents, and for whatever is deeper or longer than a Metalink file has reason to be. Needs
 * time in proportion to the text, and little memory whatever it is.
 */
export class MetalinkXml {
  readonly #list: string;
  readonly #handler: XmlHandler;
  readonly #parser = new sax.SAXParser(true, { strictEntities: true } as sax.SAXOptions);
  readonly #stack: Frame[] = [];
  #version: 3 | 4 | undefined;
  #attributes = 0;

  constructor(list: string, handler: XmlHandler) {
    this.#list = list;
    this.#handler = handler;
    const parser = this.#parser;
    // As it comes, the names of what every object has are entities too.
    parser.ENTITIES = Object.assign(Object.create(null), ENTITIES);
    parser.onerror = ({ message }) => {
      throw this.#error(`this is not well-formed XML (${message.split('\n')[0]})`, COPY_AGAIN);
    };
    parser.ondoctype = () => this.#refuseDeclaration();
    parser.onsgmldeclaration = () => this.#refuseDeclaration();
    parser.onopentagstart = () => {
      this.#attributes = 0;
      if (this.#stack.length >= MAX_DEPTH) throw this.#error('elements are nested too deep', NOT_METALINK);
    };
    parser.onattribute = () => {
      if (++this.#attributes > MAX_ATTRIBUTES)
        throw this.#error('an element has too many attributes', NOT_METALINK);
    };
    parser.onopentag = (tag) => this.#open(tag as sax.Tag);
    parser.ontext = (text) => this.#text(text);
    parser.oncdata = (text) => this.#text(text);
    parser.onclosetag = () => this.#close();
  }

  /** More of the text; it may end anywhere. */
  write(text: string): void {
    this.#guarded(() => {
      for (let at = 0; at < text.length; at += WRITE_CHARS) {
        this.#parser.write(text.slice(at, at + WRITE_CHARS));
        // Looked at here since sax compares the whole of it anew with each character.
        const { sgmlDecl } = this.#parser as unknown as { readonly sgmlDecl: string };
        if (sgmlDecl.length > MAX_DECLARATION_CHARS) this.#refuseDeclaration();
      }
    });
  }

  /** The end of the text. */
  end(): void {
    this.#guarded(() => this.#parser.close());
    if (this.#version === undefined) throw this.#error('there is no Metalink document', NOT_METALINK);
  }

  #open(tag: sax.Tag): void {
    const outer = this.#stack.at(-1);
    const attributes = new Map(Object.entries(tag.attributes));
    const scope = scopeOf(outer?.scope, attributes);
    const colon = tag.name.indexOf(':');
    const local = tag.name.slice(colon + 1);
    const version = NAMESPACES[scope.get(colon < 0 ? '' : tag.name.slice(0, colon)) ?? ''];
    if (outer === undefined) this.#begin(local, version);
    const isKnown = version === this.#version && (outer === undefined || outer.element !== undefined);
    if (!isKnown) {
      this.#stack.push({ element: undefined, scope, text: undefined });
      return;
    }
    if ([...attributes.values()].some((value) => value.length > MAX_TEXT_CHARS))
      throw this.#error('an attribute is too long', NOT_METALINK);
    const above = outer?.element?.path;
    const isWrapper = version === 3 && above !== undefined && WRAPPERS.has(local);
    const path = isWrapper ? above : above === undefined ? local : `${above}/${local}`;
    const element: XmlElement = { path, version: version!, attributes, line: this.#line };
    const wantsText = !isWrapper && this.#handler.wantsText(path);
    this.#stack.push({ element: element, scope, text: wantsText ? '' : undefined });
    if (!isWrapper) this.#handler.open(element);
  }

  #begin(local: string, version: 3 | 4 | undefined): void {
    if (/^html$/i.test(local)) {
      throw this.#error(
        'this is a web page',
        'Get the file itself: the page may ask for a login, or be an error.',
      );
    }
    if (local !== 'metalink' || version === undefined)
      throw this.#error('this is XML, but no Metalink document', NOT_METALINK);
    this.#version = version;
  }

  #text(text: string): void {
    const frame = this.#stack.at(-1);
    if (frame?.text === undefined) return;
    // White space at the beginning may be long, and means nothing.
    frame.text = frame.text === '' ? text.trimStart() : frame.text + text;
    if (frame.text.length <= MAX_TEXT_CHARS) return;
    frame.text = frame.text.trimEnd();
    if (frame.text.length > MAX_TEXT_CHARS) throw this.#error('a text is too long', NOT_METALINK);
  }

  #close(): void {
    const frame = this.#stack.pop();
    const above = this.#stack.at(-1)?.element;
    const isWrapper = frame?.element !== undefined && frame.element.path === above?.path;
    if (frame?.element !== undefined && !isWrapper)
      this.#handler.close(frame.element, frame.text?.trim() ?? '');
  }

  /** sax stumbles over attributes with the names of what every object has. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (thrown instanceof DragonloadError) throw thrown;
      throw this.#error('this is not well-formed XML', COPY_AGAIN, thrown);
    }
  }

  #refuseDeclaration(): never {
    throw this.#error('a document type is not allowed in a Metalink file', NOT_METALINK);
  }

  get #line(): number {
    return this.#parser.line + 1;
  }

  #error(wrong: string, next: string, cause?: unknown): DragonloadError {
    return listError(this.#list, this.#line, wrong, next, cause);
  }
}

/** Predefined Entities (XML 1.0, 4.6). */
const ENTITIES = { amp: '&', gt: '>', lt: '<', quot: '"', apos: "'" };
const COPY_AGAIN = 'Get the Metalink file again: it may be cut short or damaged.';
const NOT_METALINK = 'Give a Metalink file (RFC 5854), or a list with one address on each line.';

/** Namespaces in Scope (XML Names, 6): those from outside and those that the element declares. */
function scopeOf(
  outer: ReadonlyMap<string, string> = new Map(),
  attributes: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  let scope: Map<string, string> | undefined;
  for (const [name, value] of attributes) {
    if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
    scope ??= new Map(outer);
    scope.set(name.slice('xmlns:'.length), value);
  }
  return scope ?? outer;
}
