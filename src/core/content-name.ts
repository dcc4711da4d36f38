const CONTENT_NAME = /^urn:sha256:([0-9a-f]{64})$/;

/**
 * Stands in an offer where the address of an origin would, when a file is shared that has none: all bytes come from members.
 * `sha256Hex`: 64 lower-case hex digits of the whole file.
 */
export function contentName(sha256Hex: string): string {
  return `urn:sha256:${sha256Hex}`;
}

/** Whether this names a file by its content, so that there is no origin to ask. */
export function isContentName(url: string): boolean {
  return CONTENT_NAME.test(url);
}

/** The digest in a name by content, 64 lower-case hex digits; undefined for any other address. */
export function sha256Of(url: string): string | undefined {
  return CONTENT_NAME.exec(url)?.[1];
}
