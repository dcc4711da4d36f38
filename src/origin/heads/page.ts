import type { IncomingHttpHeaders } from 'node:http';
import { parseContentRange } from './content-range.ts';

/** A web page that is sent in place of a file is smaller than this. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** File name extensions of downloads, never of a web page. */
const FILE_NAME =
  /\.(7z|aac|apk|appimage|avi|bin|br|bz2|cab|csv|deb|dmg|docx?|epub|exe|flac|gguf|gz|img|ipa|iso|jar|jpe?g|json|lz4|lzma|m4[av]|mkv|mov|mp[34]|mpe?g|msi|msix|odt|ogg|onnx|ova|parquet|pdf|pkg|png|pptx?|pt|qcow2|rar|rpm|safetensors|snap|sqlite|squashfs|tar|tbz2?|tgz|torrent|txz|vdi|vhdx?|vmdk|wav|webm|whl|wim|xlsx?|xz|zip|zst)$/i;

/** Whether an answer declares itself to be a web page. */
export function isHtml(headers: IncomingHttpHeaders): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * Whether the first answer to a URL whose name is that of a file is a small web page: a login, an error, "click here".
 * One that comes with a file name (Content-Disposition) is meant to be downloaded.
 */
export function looksLikePage(
  given: URL,
  headers: IncomingHttpHeaders,
  sizeBytes: number | undefined,
): boolean {
  return (
    isHtml(headers) &&
    FILE_NAME.test(given.pathname) &&
    headers['content-disposition'] === undefined &&
    (sizeBytes === undefined || sizeBytes <= MAX_PAGE_BYTES)
  );
}

/**
 * Whether a web page came in place of a file that is not one: many hosts send that with status 200 when a link has
 * expired. A part that matches the size of the file is taken for the file, whatever its media type says.
 */
export function isStrayPage(
  status: number,
  headers: IncomingHttpHeaders,
  sizeBytes: number | undefined,
): boolean {
  if (!isHtml(headers)) return false;
  if (status === 200) return true;
  return status === 206 && parseContentRange(headers['content-range'])?.totalBytes !== sizeBytes;
}
