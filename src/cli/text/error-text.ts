import { GIVEN_CHECKSUM } from '../../core/expected-digest.ts';
import type { FaceHint, FaceWords, Hint } from '../../core/hint.ts';
import { hintSentence, homeRemedy, proxyRemedy } from '../../core/hint.ts';

/** The words of the command line for each step that it offers by a flag or a command of its own. */
const WORDS: FaceWords = {
  'run-again': () => 'Run the same command again to go on: what has arrived is kept.',
  'start-over': () =>
    'Run the same command again to fetch the file as it is now: what has arrived of the old one is put aside.',
  'leave-part': () => 'Run the same command again to start afresh, and leave the part file where it is.',
  'check-disk': () => 'Check the disk or the network share, then run the same command again.',
  'free-space': () =>
    'Free some space and run the same command again, which keeps what has arrived, or choose another directory with --dir.',
  'choose-disk': () => 'Choose a directory on another disk with --dir.',
  'choose-directory': () => 'Choose another directory with --dir, or change the permissions.',
  'choose-path': () => 'Choose another directory with --dir or another name with --output.',
  'choose-name': ({ instead }) =>
    instead === 'wait'
      ? 'Wait for it, stop it, or choose another name with --output.'
      : instead === 'update'
        ? 'Go on with the newer version, or choose another name with --output.'
        : 'Choose another name with --output.',
  'choose-home': (hint) => `${homeRemedy(hint)}, or set DRAGONLOAD_HOME to another directory.`,
  'separate-homes': () =>
    'Two members on one machine each need a home directory of their own: set DRAGONLOAD_HOME for one of them.',
  'wait-for-process': () => 'Wait for it, or stop it; to see it, run: dragonload ls',
  'fewer-connections': () => 'Try again later, or with fewer --connections.',
  'refresh-link': ({ id }) => `Get a fresh link, then run: dragonload refresh ${id ?? 'ID'} URL`,
  'sign-in': () => 'It may ask for a login: give --header or --cookies, or get a fresh link.',
  'proxy-credentials': ({ scheme }) =>
    `Give them in the address of the proxy: --proxy ${scheme}://USER:PASSWORD@HOST:PORT.`,
  'choose-proxy': (hint) => `${proxyRemedy(hint)}, or reach the origin through another proxy with --proxy.`,
  'check-proxy': () => "Check --proxy and the proxies in the environment; --proxy '' uses none.",
  'give-certificate': () => 'Give the certificate with --cert.',
  'give-key': () => 'Give the key with --key, or a certificate file that holds both.',
  'check-program': ({ path }) =>
    path === undefined
      ? 'Check what --on-complete names. Nothing was fetched.'
      : `The file is complete: ${path}. Check what --on-complete names.`,
  'allow-private': () => 'If you trust whoever gave the address, use --allow-private.',
  'choose-port': () => 'Choose another with --port, or leave the option out to let the system choose.',
  'accept-offers': () => 'Answer yes when asked, or add --yes to accept what the room offers.',
  'copy-invite': () => 'Copy the whole link, and put it in single quotes: a shell cuts it at the first &.',
  'import-leftover': ({ path }) => `To go on from what aria2 has left: --import ${JSON.stringify(path)}`,
};

/** The next step in the words of the command line. `id`: the number of the download, where the hint does not say it. */
export function nextStep(hint: Hint, id?: number): string {
  if (!isOwn(hint)) return hintSentence(hint);
  const said = hint.kind === 'refresh-link' ? { ...hint, id: hint.id ?? id } : hint;
  return (WORDS[hint.kind] as (hint: FaceHint) => string)(said);
}

/** What happened and, in the words of the command line, what to do about it: on one line. */
export function withNextStep(message: string, hint: Hint | undefined): string {
  return hint === undefined ? message : `${message} ${nextStep(hint)}`;
}

/** Whose word a digest is, where the user gave it with a flag. */
export function ownSource(by: string): string {
  return by.endsWith(GIVEN_CHECKSUM) ? by.replace(GIVEN_CHECKSUM, '--checksum') : by;
}

function isOwn(hint: Hint): hint is FaceHint {
  return Object.hasOwn(WORDS, hint.kind);
}
