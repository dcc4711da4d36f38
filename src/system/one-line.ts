/** Controls, format marks (bidirectional overrides, zero-width characters), surrogates, unassigned and private ones. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]+/gu;
const SPACES = /[\s\p{Z}]+/gu;

/** Longer texts are cut first, so that hostile ones cost no time. In UTF-16 units. */
const MAX_TEXT = 4096;

/**
 * Text from elsewhere, such as the name of a file, as one line of visible characters for places outside a terminal:
 * nothing in it breaks the line or changes the direction of reading. A text longer than `maxCharacters` ends in an
 * ellipsis.
 */
export function oneLine(text: string, maxCharacters: number): string {
  const plain = text.slice(0, MAX_TEXT).replace(SPACES, ' ').replace(UNSEEN, '\u00b7').trim();
  const characters = [...plain];
  if (characters.length <= maxCharacters) return plain;
  return `${characters.slice(0, maxCharacters - 1).join('')}\u2026`;
}
