import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DragonloadError } from '../core/errors.ts';
import { formatInvite, type Invite, newRoomId, newSecret, parseInvite } from './invite.ts';

const invite: Invite = {
  room: newRoomId(),
  addresses: ['192.168.1.5:4000', '[fe80::1]:4000', '[2001:db8::5]:65535', 'host.local:1'],
  vault: 'ab'.repeat(32),
  secret: newSecret(),
};
const link = formatInvite(invite);

test('a link says what went into it', () => {
  assert.deepEqual(parseInvite(link), invite);
});

test('blanks around a link, line breaks in it and unknown parameters do no harm', () => {
  const broken = `  ${link.slice(0, 40)}\r\n${link.slice(40).replace('#', '&x=new#')}\n`;
  assert.deepEqual(parseInvite(broken), invite);
});

test('a link cut off anywhere is refused, with a next step', () => {
  for (let length = 0; length < link.length; length++) {
    assert.throws(
      () => parseInvite(link.slice(0, length)),
      (error) => error instanceof DragonloadError && error.code === 'bad-invite' && error.next !== undefined,
      link.slice(0, length),
    );
  }
});

const damaged: readonly (readonly [what: string, link: string, says: RegExp])[] = [
  ['nothing', ' ', /empty/],
  ['a web address', 'https://example.com/', /not an invite/],
  ['another version', link.replace('/v1/', '/v2/'), /version "v2"/],
  ['a bad room', link.replace(invite.room, 'no room'), /room/],
  ['no address', `dragon://join/v1/r?v=${invite.vault}#k=${invite.secret}`, /addresses/],
  ['a bad address', link.replace('192.168.1.5:4000', '192.168.1.5'), /address "192.168.1.5"/],
  ['a bad port', link.replace('192.168.1.5:4000', '192.168.1.5:70000'), /address/],
  ['an IP address with a typing error', link.replace('192.168.1.5', '192.168.1.555'), /address/],
  ['too many addresses', link.replace('?', `?${'h=10.0.0.1:1&'.repeat(16)}`), /more than 16/],
  ['no fingerprint', link.replace(/v=\w+/, ''), /fingerprint/],
  ['a short fingerprint', link.replace('abab', 'ab'), /fingerprint/],
  ['no key', link.replace(/#.*/, ''), /key/],
  ['a short key', link.slice(0, -1), /key/],
  ['a key with a stray character', `${link.slice(0, -2)}!A`, /key/],
  ['a flood', link + 'x'.repeat(5000), /too long/],
];
for (const [what, text, says] of damaged) {
  test(`a link with ${what} is refused and says so`, () => {
    assert.throws(
      () => parseInvite(text),
      (error) => error instanceof DragonloadError && error.code === 'bad-invite' && says.test(error.message),
    );
  });
}

test('what is said about a damaged link never has its key', () => {
  const key = 'SECRETSECRETSECRETSECw';
  const text = formatInvite({ ...invite, secret: key });
  for (const bad of [
    `${text}x`,
    text.replace('v=ab', 'v=x'),
    text.replace('4000', 'x'),
    text.replace('dragon:', 'x:'),
  ]) {
    assert.throws(
      () => parseInvite(bad),
      (error: Error) => !error.message.includes('SECRET'),
    );
  }
});

test('any text is an invite or a DragonloadError', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `dragon://join/v1/${text}`),
      ),
      (text) => {
        try {
          parseInvite(text);
        } catch (error) {
          assert.ok(error instanceof DragonloadError);
        }
      },
    ),
  );
});
