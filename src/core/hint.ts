/**
 * What the user can do about an error or a notice that a face offers in its own way: the command line names a flag or a
 * command, the web app shows a button. `hintSentence` has words that fit everywhere.
 */
export type FaceHint =
  /** The download stopped with its state kept, and goes on when it is asked for again. */
  | { readonly kind: 'run-again' }
  /** The file at the origin has changed: asking again fetches it anew, and what has arrived is put aside. */
  | { readonly kind: 'start-over' }
  /** Somebody else has moved or replaced the part file: asking again fetches the file anew. */
  | { readonly kind: 'leave-part'; readonly path: string }
  /** The disk or network share has failed. */
  | { readonly kind: 'check-disk'; readonly path: string }
  /** `path`: the file or directory for which there is no space. */
  | { readonly kind: 'free-space'; readonly path: string }
  /** The file system cannot hold so large a file. */
  | { readonly kind: 'choose-disk'; readonly path: string }
  /** This user may not write there. */
  | { readonly kind: 'choose-directory'; readonly path: string }
  /** Neither the name nor the directory may be possible. */
  | { readonly kind: 'choose-path'; readonly path: string }
  /** The name cannot be used. `instead`: what else helps. */
  | { readonly kind: 'choose-name'; readonly path: string; readonly instead?: 'wait' | 'update' }
  /** The home directory, which holds identity, settings and the list of downloads, cannot be used. */
  | { readonly kind: 'choose-home'; readonly path: string; readonly instead: HomeRemedy }
  /** Two members on one machine share one home directory, and so one identity. */
  | { readonly kind: 'separate-homes' }
  /** Another process has the download. */
  | { readonly kind: 'wait-for-process' }
  /** The origin is too busy. */
  | { readonly kind: 'fewer-connections' }
  /** `id`: the number of the download, where it is known. */
  | { readonly kind: 'refresh-link'; readonly id?: number | undefined }
  /** The origin asks for a login. */
  | { readonly kind: 'sign-in' }
  /** `scheme`: that of the proxy, such as `http`. */
  | { readonly kind: 'proxy-credentials'; readonly scheme: string }
  /** The proxy does not bring the request through. `instead`: what else helps. */
  | { readonly kind: 'choose-proxy'; readonly instead: 'wait' | 'check-address' | 'ask-owner' }
  /** The address of the proxy is wrong, or the proxy is down. */
  | { readonly kind: 'check-proxy' }
  /** A client key was given without its certificate. */
  | { readonly kind: 'give-certificate' }
  /** A client certificate was given without its key. */
  | { readonly kind: 'give-key' }
  /** The completion program cannot be run or failed. `path`: the finished file; undefined when nothing was fetched. */
  | { readonly kind: 'check-program'; readonly path?: string | undefined }
  /** The address is a private one, and was not given by the user. */
  | { readonly kind: 'allow-private' }
  | { readonly kind: 'choose-port'; readonly port: number }
  /** The room's offer was not accepted. */
  | { readonly kind: 'accept-offers' }
  /** The invite was cut off when it was copied. */
  | { readonly kind: 'copy-invite' }
  /** `path`: an unfinished file of another program with which this download can begin. */
  | { readonly kind: 'import-leftover'; readonly path: string };

/** What else can be done when the home directory cannot be used. */
export type HomeRemedy = 'update' | 'free-space' | 'change-permissions' | 'check-disk' | 'move-file';

/** What the user can do outside of the program: the same words in every face. */
export type CommonHint =
  | { readonly kind: 'try-later' }
  | { readonly kind: 'check-address'; readonly url?: string }
  /** No file was found at the address. */
  | { readonly kind: 'find-address' }
  | { readonly kind: 'check-network' }
  | { readonly kind: 'check-certificate' }
  | { readonly kind: 'check-scheme' }
  /** The redirects of the address lead nowhere. */
  | { readonly kind: 'follow-in-browser'; readonly url: string }
  /** `isKept`: what has arrived is kept. */
  | { readonly kind: 'other-address'; readonly isKept: boolean }
  /** The file has another size than the list says. */
  | { readonly kind: 'check-list' }
  /** The file does not have the digest that it should have. `path`: where it was kept; undefined: it was not. */
  | { readonly kind: 'check-digest'; readonly path?: string }
  /** Another process holds a file that this one needs. */
  | { readonly kind: 'end-process' }
  | { readonly kind: 'update'; readonly who: 'this' | 'both' }
  /** The connection to a member broke off for an unknown reason. */
  | { readonly kind: 'try-again-or-update' }
  /** The download belongs to a room, which this process is not in. */
  | { readonly kind: 'rejoin' }
  /** The room has ended, or the invite is damaged. */
  | { readonly kind: 'ask-for-fresh-invite'; readonly why: 'room-ended' | 'damaged' | 'no-address' }
  /** Somebody else answers in place of the member that was meant. */
  | { readonly kind: 'suspect-network' }
  /** A member cannot be reached. `silent`: nothing answers at all. */
  | { readonly kind: 'check-member'; readonly isSilent: boolean }
  /** A member sent wrong data and was dropped. */
  | { readonly kind: 'warn-member'; readonly name: string }
  /** This member was dropped by the others. */
  | { readonly kind: 'ask-to-restart' }
  /** The offer and the file at the origin differ. */
  | { readonly kind: 'ask-offerer' }
  /** Any other step, such as how a value has to look. `text`: a whole sentence that fits every face. */
  | { readonly kind: 'advice'; readonly text: string };

/** The kind of the next step after an error or a notice, as plain data. */
export type Hint = FaceHint | CommonHint;

type Words<H extends { readonly kind: string }> = {
  readonly [K in H['kind']]: (hint: Extract<H, { kind: K }>) => string;
};

/** Words for each kind of hint; a face makes its own with this type for those of `FaceHint`. */
export type FaceWords = Words<FaceHint>;

const HOME_REMEDIES: Readonly<Record<HomeRemedy, string>> = {
  update: 'Update Dragonload',
  'free-space': 'Free some space',
  'change-permissions': 'Change the permissions',
  'check-disk': 'Check the disk, its free space and the network share',
  'move-file': 'Move the file away',
};

/** What to do in place of choosing another home directory: the first half of a sentence. */
export function homeRemedy({ instead }: Extract<Hint, { kind: 'choose-home' }>): string {
  return HOME_REMEDIES[instead];
}

const INVITES = {
  'room-ended': 'The room may have ended: ask for a fresh invite.',
  damaged: 'Ask for the invite again and copy the whole link.',
  'no-address': 'Wait for the member to connect, or ask for an invite with addresses.',
};

const WORDS: Words<Hint> = {
  'run-again': () => 'What has arrived is kept: start the download again to go on.',
  'start-over': () =>
    'Start the download again to fetch the file as it is now: what has arrived of the old one is put aside.',
  'leave-part': () => 'Start the download again, and leave the part file where it is.',
  'check-disk': () => 'Check the disk or the network share, then start the download again.',
  'free-space': () =>
    'Free some space and start the download again, which keeps what has arrived, or choose another directory.',
  'choose-disk': () => 'Choose a directory on another disk.',
  'choose-directory': () => 'Choose another directory, or change the permissions.',
  'choose-path': () => 'Choose another directory or another name.',
  'choose-name': ({ instead }) =>
    instead === 'wait'
      ? 'Wait for it, stop it, or choose another name.'
      : instead === 'update'
        ? 'Go on with the newer version, or choose another name.'
        : 'Choose another name.',
  'choose-home': (hint) => `${homeRemedy(hint)}, or choose another home directory for Dragonload.`,
  'separate-homes': () => 'Two members on one machine each need a home directory of their own.',
  'wait-for-process': () => 'Wait for it, or stop it.',
  'fewer-connections': () => 'Try again later, or with fewer connections.',
  'refresh-link': () => 'Get a fresh link and give it to the download.',
  'sign-in': () => 'It may ask for a login: give the headers or cookies of one, or get a fresh link.',
  'proxy-credentials': ({ scheme }) =>
    `Give them in the address of the proxy: ${scheme}://USER:PASSWORD@HOST:PORT.`,
  'choose-proxy': (hint) => `${proxyRemedy(hint)}, or reach the origin through another proxy.`,
  'check-proxy': () => 'Check the address of the proxy, or do without one.',
  'give-certificate': () => 'Give the certificate that belongs to the key.',
  'give-key': () => 'Give the key that belongs to the certificate, or one file that holds both.',
  'check-program': ({ path }) =>
    path === undefined
      ? 'Check the program that is to run on completion. Nothing was fetched.'
      : `The file is complete: ${path}. Check the program that is to run on completion.`,
  'allow-private': () => 'If you trust whoever gave the address, allow private addresses.',
  'choose-port': () => 'Choose another port, or let the system choose one.',
  'accept-offers': () => 'Accept what the room offers.',
  'copy-invite': () => 'The invite was cut off: copy the whole link.',
  'import-leftover': ({ path }) => `The download can begin with what is in ${JSON.stringify(path)}.`,

  'try-later': () => 'Try again later.',
  'check-address': ({ url }) => (url === undefined ? 'Check the address.' : `Check the address ${url}.`),
  'find-address': () => 'Check the address; the file may have been moved or its link may have expired.',
  'check-network': () => "Check the address and this machine's network connection.",
  'check-certificate': () => "Check the address and this machine's clock; somebody may be listening in.",
  'check-scheme': () => 'Check whether the address should start with http:// or has another port.',
  'follow-in-browser': ({ url }) => `Check the address ${url} in a browser and give the final one.`,
  'other-address': ({ isKept }) =>
    isKept
      ? 'Try another address of the file, or ask its publisher. What has arrived is kept.'
      : 'Try another address of the file.',
  'check-list': () => 'Check the address, and the list that it comes from.',
  'check-digest': ({ path }) =>
    path === undefined
      ? 'Nothing was kept: download it again, or check the digest.'
      : `The download was kept as ${path}: delete it and download again, or check the digest.`,
  'end-process': () => 'End the other Dragonload, or whatever program has the file open, then try again.',
  update: ({ who }) =>
    who === 'both' ? 'Update Dragonload on both sides.' : 'Update Dragonload, then try again.',
  'try-again-or-update': () => 'Try again; if it fails again, update Dragonload on both sides.',
  rejoin: () => 'Join the room again with its invite.',
  'ask-for-fresh-invite': ({ why }) => INVITES[why],
  'suspect-network': () =>
    'Ask for a fresh invite; if it happens again, somebody may be listening in on this network.',
  'check-member': ({ isSilent }) =>
    isSilent
      ? 'A firewall may drop the connection, or the Wi-Fi may keep its clients apart: try a cable or another network.'
      : 'Check that it still runs, and that both are on the same network. If it is gone, open a new room: what has arrived is kept.',
  'warn-member': ({ name }) =>
    `What it sent is not used. Ask the user of ${name} to check the disk and to update Dragonload.`,
  'ask-to-restart': () => 'Ask the others to restart Dragonload if that was a mistake.',
  'ask-offerer': () => 'Ask the member that offers the file whether it has changed since.',
  advice: ({ text }) => text,
};

/** What to do in place of taking another proxy: the first half of a sentence. */
export function proxyRemedy({ instead }: Extract<Hint, { kind: 'choose-proxy' }>): string {
  const words = {
    wait: 'Try again later',
    'check-address': 'Check the address',
    'ask-owner': 'Ask who runs it',
  };
  return words[instead];
}

/** A hint without a kind of its own, such as how a value has to look. `text`: a whole sentence that fits every face. */
export function advice(text: string): Hint {
  return { kind: 'advice', text };
}

/** The next step as one or two sentences that fit every face: they name no flag, no command and no key to press. */
export function hintSentence(hint: Hint): string {
  return (WORDS[hint.kind] as (hint: Hint) => string)(hint);
}
