import { homedir } from 'node:os';
import { join } from 'node:path';
import { readSettingsFile, settingsFileError } from './settings-file.ts';

export interface NetrcEntry {
  /** In lower case; undefined for `default`. */
  readonly machine: string | undefined;
  readonly login: string;
  readonly password: string;
}

/** Users and passwords by host. */
export class Netrc {
  readonly #entries: readonly NetrcEntry[];

  constructor(entries: readonly NetrcEntry[]) {
    this.#entries = entries;
  }

  /** The first entry for the host, with this login if one is asked for; without one, that of `default`. */
  find(host: string, login?: string): NetrcEntry | undefined {
    const fits = (entry: NetrcEntry) => login === undefined || entry.login === login;
    return (
      this.#entries.find((entry) => entry.machine === host.toLowerCase() && fits(entry)) ??
      this.#entries.find((entry) => entry.machine === undefined && fits(entry))
    );
  }
}

/**
 * Reads a netrc file: the given one, or with `true` that of `$NETRC`, else the one in the home directory. The notice
 * says that others can read it. Throws `usage` when it cannot be read or understood.
 */
export async function readNetrc(
  given: string | true,
  env: NodeJS.ProcessEnv,
): Promise<{ netrc: Netrc; notice: string | undefined }> {
  const { path, bytes, mode } = await readSettingsFile('netrc file', given === true ? usual(env) : given);
  const entries = parseNetrc(bytes.toString('utf8'), (line) =>
    settingsFileError(
      'netrc file',
      path,
      `has a quoted string without an end in line ${line}`,
      'Close it with a double quote.',
    ),
  );
  const notice =
    (mode & 0o044) === 0 ? undefined : `Others on this machine can read ${path}: run chmod 600 ${path}.`;
  return { netrc: new Netrc(entries), notice };
}

function usual(env: NodeJS.ProcessEnv): string {
  if (env.NETRC) return env.NETRC;
  const home = env.HOME || homedir();
  return join(home, process.platform === 'win32' ? '_netrc' : '.netrc');
}

interface Word {
  readonly text: string;
  readonly quoted: boolean;
  /** Where the text goes on after it. */
  readonly end: number;
}

/**
 * The entries of a netrc file: `machine`, `default`, `login`, `password`, `account`, `macdef`. Strings in double quotes
 * may hold spaces, with `\"`, `\\`, `\n`, `\r` and `\t` as curl reads them; `#` begins a comment where a keyword could
 * stand. Unknown words are ignored, as other programs do. Throws what `unclosed` gives for a line number.
 */
export function parseNetrc(text: string, unclosed: (line: number) => Error): readonly NetrcEntry[] {
  const entries: NetrcEntry[] = [];
  let current: { machine: string | undefined; login: string; password: string } | undefined;
  let at = text.startsWith('\ufeff') ? 1 : 0;
  const next = (): Word | undefined => {
    const word = wordAt(text, at);
    if (word === 'unclosed') throw unclosed(text.slice(0, at).split('\n').length);
    at = word?.end ?? text.length;
    return word;
  };
  for (let word = next(); word !== undefined; word = next()) {
    if (word.quoted) continue;
    if (word.text.startsWith('#')) {
      at = endOfLine(text, at);
    } else if (word.text === 'machine' || word.text === 'default') {
      const machine = word.text === 'default' ? undefined : (next()?.text.toLowerCase() ?? '');
      current = { machine, login: '', password: '' };
      entries.push(current);
    } else if (word.text === 'macdef') {
      // A macro ends at the first empty line.
      const end = /\r?\n[ \t]*\r?\n/g;
      end.lastIndex = at;
      at = end.exec(text) === null ? text.length : end.lastIndex;
    } else if (word.text === 'login' || word.text === 'password') {
      const value = next()?.text ?? '';
      if (current !== undefined) current[word.text] = value;
    } else if (word.text === 'account') next();
  }
  return entries.filter((entry) => entry.login !== '' || entry.password !== '');
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function wordAt(text: string, from: number): Word | 'unclosed' | undefined {
  let at = from;
  while (at < text.length && /\s/.test(text[at]!)) at += 1;
  if (at >= text.length) return undefined;
  if (text[at] !== '"') {
    const start = at;
    while (at < text.length && !/\s/.test(text[at]!)) at += 1;
    return { text: text.slice(start, at), quoted: false, end: at };
  }
  let value = '';
  for (at += 1; at < text.length && text[at] !== '\n'; at += 1) {
    if (text[at] === '"') return { text: value, quoted: true, end: at + 1 };
    if (text[at] === '\\' && at + 1 < text.length) {
      at += 1;
      value += ESCAPES[text[at]!] ?? text[at]!;
    } else value += text[at];
  }
  return 'unclosed';
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}
