import type { Hint } from './hint.ts';

/** What a field may hold: a type, or one of some words; `?` marks those that may be missing. */
type Rule = 'text' | 'text?' | 'number' | 'number?' | 'flag' | readonly string[];

const FIELDS: {
  readonly [K in Hint['kind']]: Readonly<Record<Exclude<keyof Extract<Hint, { kind: K }>, 'kind'>, Rule>>;
} = {
  'run-again': {},
  'start-over': {},
  'leave-part': { path: 'text' },
  'check-disk': { path: 'text' },
  'free-space': { path: 'text' },
  'choose-disk': { path: 'text' },
  'choose-directory': { path: 'text' },
  'choose-path': { path: 'text' },
  'choose-name': { path: 'text', instead: ['', 'wait', 'update'] },
  'choose-home': {
    path: 'text',
    instead: ['update', 'free-space', 'change-permissions', 'check-disk', 'move-file'],
  },
  'separate-homes': {},
  'wait-for-process': {},
  'fewer-connections': {},
  'refresh-link': { id: 'number?' },
  'sign-in': {},
  'proxy-credentials': { scheme: 'text' },
  'choose-proxy': { instead: ['wait', 'check-address', 'ask-owner'] },
  'check-proxy': {},
  'give-certificate': {},
  'give-key': {},
  'check-program': { path: 'text?' },
  'allow-private': {},
  'choose-port': { port: 'number' },
  rejoin: {},
  'accept-offers': {},
  'copy-invite': {},
  'import-leftover': { path: 'text' },
  'try-later': {},
  'check-address': { url: 'text?' },
  'find-address': {},
  'check-network': {},
  'check-certificate': {},
  'check-scheme': {},
  'follow-in-browser': { url: 'text' },
  'other-address': { isKept: 'flag' },
  'check-list': {},
  'check-digest': { path: 'text?' },
  'end-process': {},
  update: { who: ['this', 'both'] },
  'try-again-or-update': {},
  'ask-for-fresh-invite': { why: ['room-ended', 'damaged', 'no-address'] },
  'suspect-network': {},
  'check-member': { isSilent: 'flag' },
  'warn-member': { name: 'text' },
  'ask-to-restart': {},
  'ask-offerer': {},
  advice: { text: 'text' },
};

/** Every kind of hint. */
export const HINT_KINDS = Object.keys(FIELDS) as readonly Hint['kind'][];

/**
 * A hint from plain data that comes from outside, such as a file that anybody may have edited or another process of a
 * newer version; undefined when it is none. Fields that a hint of this kind does not have are left out.
 */
export function readHint(value: unknown): Hint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const given = value as Readonly<Record<string, unknown>>;
  const { kind } = given;
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) return undefined;
  const hint: Record<string, unknown> = { kind };
  for (const [field, rule] of Object.entries<Rule>(FIELDS[kind as Hint['kind']])) {
    const found = Object.hasOwn(given, field) ? given[field] : undefined;
    if (!fits(found, rule)) return undefined;
    if (found !== undefined) hint[field] = found;
  }
  return hint as unknown as Hint;
}

function fits(value: unknown, rule: Rule): boolean {
  switch (rule) {
    case 'text':
      return typeof value === 'string';
    case 'text?':
      return value === undefined || typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'number?':
      return value === undefined || typeof value === 'number';
    case 'flag':
      return typeof value === 'boolean';
    default:
      return rule.includes(value === undefined ? '' : String(value));
  }
}
