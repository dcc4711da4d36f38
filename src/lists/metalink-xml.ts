import sax from 'sax';
import { DragonloadError } from '../core/errors.ts';
import { listError } from './list-error.ts';
import { Frame, METALINK, NAMESPACES, scopeOf, WRAPPERS, type XmlElement } from './metalink-elements.ts';

/** Deepest nesting; a Metalink file has five levels, seven in version 3. */
const MAX_DEPTH = 16;
/** Most attributes of an element. */
const MAX_ATTRIBUTES = 32;
/** Longest attribute and longest text, in characters: those of a URL. */
const MAX_TEXT_CHARS = 8192;
/** Characters given to sax at once: it checks its own limits once for each part. */
const WRITE_CHARS = 4096;
/** Length of `[CDATA[`, the longest allowed text after `<!`. */
const MAX_DECLARATION_CHARS = 16;

/** Gets the elements of a Metalink file, those of version 3 as if they were of version 4. Its errors are passed on. */
export interface XmlHandler {
  open(element: XmlElement): void;
  /** @param text The text directly in it, without the white space around it, for elements whose text is used. */
  close(element: XmlElement, text: string): void;
}

/**
 * Reads XML (1.0, with namespaces) as far as Metalink files use it, and hands their elements on. Nothing is expanded
 * but the five entities of XML and character references; a document type is refused. Throws `bad-list` with the line
 * for malformed XML, for other documents, and for nesting or lengths beyond those of real Metalink files. Takes time in
 * proportion to the text, and little memory for any text.
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
    // Without this, sax takes names that every object has, such as `toString`, for entities.
    parser.ENTITIES = Object.assign(Object.create(null), ENTITIES);
    parser.onerror = ({ message }) => {
      throw this.#error(`this is not well-formed XML (${message.split('\n')[0]})`, COPY_AGAIN);
    };
    parser.ondoctype = (text) => {
      if (/^\s*html\b/i.test(text)) throw this.#webPage();
      this.#refuseDeclaration();
    };
    parser.onsgmldeclaration = () => this.#refuseDeclaration();
    parser.onopentagstart = () => {
      this.#attributes = 0;
      if (this.#stack.length >= MAX_DEPTH) throw this.#error('elements are nested too deep', NOT_METALINK);
    };
    parser.onattribute = ({ value }) => {
      if (++this.#attributes > MAX_ATTRIBUTES)
        throw this.#error('an element has too many attributes', NOT_METALINK);
      if (value.length > MAX_TEXT_CHARS) throw this.#error('an attribute is too long', NOT_METALINK);
    };
    parser.onopentag = (tag) => this.#open(tag as sax.Tag);
    parser.ontext = (text) => this.#text(text);
    parser.oncdata = (text) => this.#text(text);
    parser.onclosetag = () => this.#close();
  }

  /** Takes the next part of the text; it may end anywhere. */
  write(text: string): void {
    this.#guarded(() => {
      for (let at = 0; at < text.length; at += WRITE_CHARS) {
        this.#parser.write(text.slice(at, at + WRITE_CHARS));
        // Checked here, since sax compares the whole of it again with each character.
        const { sgmlDecl } = this.#parser as unknown as { readonly sgmlDecl: string };
        if (sgmlDecl.length > MAX_DECLARATION_CHARS) this.#refuseDeclaration();
      }
    });
  }

  /** Ends the text. */
  end(): void {
    this.#guarded(() => this.#parser.close());
    if (this.#version === undefined) throw this.#error('there is no Metalink document', NOT_METALINK);
  }

  #open(tag: sax.Tag): void {
    const outer = this.#stack.at(-1);
    const scope = scopeOf(outer?.scope, tag.attributes);
    const colon = tag.name.indexOf(':');
    const local = tag.name.slice(colon + 1);
    const version = NAMESPACES.get(scope.get(colon < 0 ? '' : tag.name.slice(0, colon)) ?? '');
    if (outer === undefined) this.#begin(local, version);
    const isWrapper = outer?.kind !== undefined && version === 3 && WRAPPERS.has(local);
    let found = outer === undefined ? METALINK : isWrapper ? outer.kind : outer.kind?.inside.get(local);
    if (version !== this.#version) found = undefined;
    const frame = new Frame(tag, this.#version!, this.#line, scope, found, isWrapper);
    this.#stack.push(frame);
    if (found !== undefined && !isWrapper) this.#handler.open(frame);
  }

  #begin(local: string, version: 3 | 4 | undefined): void {
    if (/^html$/i.test(local)) throw this.#webPage();
    if (local !== 'metalink' || version === undefined)
      throw this.#error('this is XML, but no Metalink document', NOT_METALINK);
    this.#version = version;
  }

  #text(text: string): void {
    const frame = this.#stack.at(-1);
    if (frame?.hasText !== true) return;
    // White space around it may be long, and has no meaning.
    frame.text = frame.text === '' ? text.trimStart() : frame.text + text;
    if (frame.text.length <= MAX_TEXT_CHARS) return;
    frame.text = frame.text.trimEnd();
    if (frame.text.length > MAX_TEXT_CHARS) throw this.#error('a text is too long', NOT_METALINK);
  }

  #close(): void {
    const frame = this.#stack.pop();
    if (frame?.kind !== undefined && !frame.isWrapper) this.#handler.close(frame, frame.text.trimEnd());
  }

  /** sax throws for attributes with names that every object has, such as `toString`. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (thrown instanceof DragonloadError) throw thrown;
      throw this.#error('this is not well-formed XML', COPY_AGAIN, thrown);
    }
  }

  #webPage(): DragonloadError {
    const next = 'Get the file itself: the page may ask for a login, or be an error.';
    return this.#error('this is a web page', next);
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
