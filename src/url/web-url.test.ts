import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  displayUrl,
  parseOriginUrl,
  readNamedUrl,
  readWebUrl,
  sameHost,
  samePlace,
  webUrlFrom,
} from './web-url.ts';

test('a URL is shown without user, password, query and fragment', () => {
  assert.equal(
    displayUrl('https://me:pw@example.org:8443/a/b.iso?sig=secret#part'),
    'https://example.org:8443/a/b.iso',
  );
});

test('a file that is named by its content is shown by that name', () => {
  const name = `urn:sha256:${'ab'.repeat(32)}`;
  assert.equal(displayUrl(name), name);
});

test('something that is not a URL is not repeated', () => {
  assert.equal(displayUrl('secret'), '(not a URL)');
});

test('URLs of other schemes and other texts are bad, and the error does not repeat them', () => {
  for (const text of [
    'ftp://u:secret@example.org/f',
    'file:///etc/secret',
    'secret',
    '',
    `https://e.org/${'secret'.repeat(2000)}`,
  ]) {
    assert.throws(
      () => parseOriginUrl(text),
      (error: Error & { code?: string }) => {
        return error.code === 'bad-url' && !error.message.includes('secret');
      },
    );
  }
});

test('the fragment of a URL is dropped', () => {
  assert.equal(parseOriginUrl('http://example.org/f#k').href, 'http://example.org/f');
});

test('another scheme, host or port is another host, but http moved to https is the same', () => {
  const same = (a: string, b: string) => {
    assert.equal(sameHost(a, b), sameHost(new URL(a), new URL(b)));
    return sameHost(a, b);
  };
  assert.equal(same('http://a.org/x', 'http://a.org/y'), true);
  assert.equal(same('http://a.org/x', 'https://a.org/y'), true);
  assert.equal(same('https://a.org/x', 'http://a.org/y'), false);
  assert.equal(same('http://a.org/x', 'http://b.a.org/y'), false);
  assert.equal(same('http://a.org/x', 'http://a.org:8080/y'), false);
  assert.equal(same('http://a.org:8080/x', 'https://a.org:8080/y'), false);
});

test('only whole URLs of http and https are read, up to 8,192 characters', () => {
  assert.equal(readWebUrl('HTTPS://example.org/f').kind, 'web');
  assert.deepEqual(readWebUrl('ftp://example.org/f'), { kind: 'other-scheme', scheme: 'ftp:' });
  for (const text of ['', '/f', 'example.org/f', 'http://', `http://e.org/${'x'.repeat(8192)}`])
    assert.equal(readWebUrl(text).kind, 'no-url', text.slice(0, 20));
  assert.equal(readWebUrl(`http://e.org/${'x'.repeat(8192 - 13)}`).kind, 'web');
  assert.equal(webUrlFrom('http://example.org/f#k')?.href, 'http://example.org/f');
  assert.equal(webUrlFrom('ftp://example.org/f'), undefined);
});

test('what a server names is relative to its own address and speaks for no user', () => {
  const base = new URL('https://example.org/a/b');
  const read = readNamedUrl('//me:pw@other.org/c#k', base);
  assert.equal(read.kind === 'web' && read.url.href, 'https://other.org/c');
  assert.equal(readNamedUrl('mailto:a@example.org', base).kind, 'other-scheme');
  assert.equal(readNamedUrl('http://', base).kind, 'no-url');
});

test('addresses that differ only in what a link is signed with are one place', () => {
  assert.ok(samePlace('https://a.org/f?sig=1', 'http://me@a.org/f?sig=2#k'));
  assert.ok(!samePlace('https://a.org/f', 'https://a.org/g'));
  assert.ok(!samePlace('https://a.org/f', 'https://a.org:81/f'));
  assert.ok(!samePlace('https://a.org/f', 'no URL'));
});
