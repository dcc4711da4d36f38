import type { Job } from './job.ts';
import { listError, MAX_DOWNLOADS, MAX_LIST_BYTES, tooMany } from './list-error.ts';
import type { XmlElement } from './metalink-elements.ts';
import { type MetalinkContext, MetalinkFile } from './metalink-file.ts';
import { MetalinkXml } from './metalink-xml.ts';

export type { MetalinkContext };

/**
 * Reads a Metalink document, version 4 (RFC 5854) or 3, part by part, and keeps only the downloads. Torrents and
 * signatures are ignored. Everything throws `bad-list`, with the line: for what is malformed or
 * contradicts itself, for a file without an address that can be used, and beyond 64 MiB or 100,000 files.
 */
export class MetalinkReader {
  readonly #context: MetalinkContext;
  readonly #xml: MetalinkXml;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #jobs: Job[] = [];
  #file: MetalinkFile | undefined;
  #length = 0;
  #toldTorrents = false;

  constructor(context: MetalinkContext) {
    this.#context = context;
    this.#xml = new MetalinkXml(context.list, {
      open: (element) => this.#open(element),
      close: (element, text) => this.#close(element, text),
    });
  }

  /** Takes the next part of the document; it may be cut anywhere. */
  write(chunk: Uint8Array | string): void {
    this.#length += chunk.length;
    if (this.#length > MAX_LIST_BYTES) {
      throw listError(
        this.#context.list,
        undefined,
        'is too long: 64 MiB is the most',
        'Divide it into several.',
      );
    }
    this.#xml.write(typeof chunk === 'string' ? chunk : this.#decoded(chunk));
  }

  /** The downloads, at least one, once the whole document was written. */
  end(): readonly Job[] {
    this.#xml.write(this.#decoded());
    this.#xml.end();
    if (this.#jobs.length > 0) return this.#jobs;
    throw listError(
      this.#context.list,
      undefined,
      'names no file',
      'Look for another Metalink file, or for a link to the file itself.',
    );
  }

  #open(element: XmlElement): void {
    switch (element.path) {
      case 'metalink/file':
        if (this.#jobs.length === MAX_DOWNLOADS) throw tooMany(this.#context.list, element.line);
        this.#file = new MetalinkFile(element, this.#context);
        return;
      case 'metalink/file/pieces':
        return this.#file?.openPieces(element);
      case 'metalink/file/metaurl':
        return this.#tellTorrents(element.line);
    }
  }

  #close(element: XmlElement, text: string): void {
    switch (element.path) {
      case 'metalink/file':
        if (this.#file !== undefined) this.#jobs.push(this.#file.finish());
        this.#file = undefined;
        return;
      case 'metalink/file/size':
        return this.#file?.size(text, element.line);
      case 'metalink/file/hash':
        return this.#file?.hash(element, text);
      case 'metalink/file/pieces/hash':
        return this.#file?.pieceHash(element, text);
      case 'metalink/file/url':
        return this.#file?.url(element, text);
    }
  }

  #tellTorrents(line: number): void {
    if (this.#toldTorrents) return;
    this.#toldTorrents = true;
    const { list, onNotice } = this.#context;
    onNotice(`${list}, line ${line}: torrents are not supported and are left out.`);
  }

  #decoded(chunk?: Uint8Array): string {
    try {
      return chunk === undefined ? this.#decoder.decode() : this.#decoder.decode(chunk, { stream: true });
    } catch (thrown) {
      const { list } = this.#context;
      throw listError(list, undefined, 'is not valid UTF-8', 'Get the Metalink file again.', thrown);
    }
  }
}

/** The downloads that a Metalink document describes; see `MetalinkReader`. */
export async function parseMetalink(
  source: Uint8Array | string | AsyncIterable<Uint8Array>,
  context: MetalinkContext,
): Promise<readonly Job[]> {
  const reader = new MetalinkReader(context);
  if (typeof source === 'string' || source instanceof Uint8Array) reader.write(source);
  else for await (const chunk of source) reader.write(chunk);
  return reader.end();
}
