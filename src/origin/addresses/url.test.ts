import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayUrl, parseOriginUrl, sameHost } from './url.ts';

test('a URL is shown without user, password, query and fragment', () => {
  assert.equal(
    displayUrl('https://me:pw@example.org:8443/a/b.iso?sig=secret#part'),
    'https://example.org:8443/a/b.iso',
  );
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
  const same = (a: string, b: string) => sameHost(new URL(a), new URL(b));
  assert.equal(same('http://a.org/x', 'http://a.org/y'), true);
  assert.equal(same('http://a.org/x', 'https://a.org/y'), true);
  assert.equal(same('https://a.org/x', 'http://a.org/y'), false);
  assert.equal(same('http://a.org/x', 'http://b.a.org/y'), false);
  assert.equal(same('http://a.org/x', 'http://a.org:8080/y'), false);
  assert.equal(same('http://a.org:8080/x', 'https://a.org:8080/y'), false);
});
