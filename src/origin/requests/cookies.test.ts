import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileCookie } from './cookie-file.ts';
import { Cookies } from './cookies.ts';

const cookie = (more: Partial<FileCookie> = {}): FileCookie => ({
  domain: 'a.test',
  subdomains: false,
  path: '/',
  secure: false,
  expiresSeconds: 0,
  name: 'k',
  value: 'v',
  ...more,
});
const header = (cookies: Cookies, url: string) => cookies.headerFor(new URL(url));

test('cookies of a file go where they belong and nowhere else', async () => {
  const cookies = new Cookies([
    cookie({ name: 'host' }),
    cookie({ name: 'all', subdomains: true }),
    cookie({ name: 'dir', path: '/dir' }),
    cookie({ name: 'tls', secure: true }),
    cookie({ name: 'old', expiresSeconds: 1000 }),
    cookie({ name: 'other', domain: 'b.test' }),
  ]);
  const names = async (url: string) =>
    (await header(cookies, url))
      ?.split('; ')
      .map((one) => one.split('=')[0])
      .sort();
  assert.deepEqual(await names('http://a.test/'), ['all', 'host']);
  assert.deepEqual(await names('http://a.test:8080/dir/f'), ['all', 'dir', 'host']);
  assert.deepEqual(await names('https://a.test/'), ['all', 'host', 'tls']);
  assert.deepEqual(await names('http://sub.a.test/'), ['all']);
  assert.equal(await names('http://nota.test/'), undefined);
  assert.equal(await names('http://c.test/'), undefined);
});

test('a cookie for addresses goes to that address', async () => {
  const cookies = new Cookies([
    cookie({ domain: '127.0.0.1', subdomains: true }),
    cookie({ domain: '::1', name: 'six' }),
  ]);
  assert.equal(await header(cookies, 'http://127.0.0.1:1/'), 'k=v');
  assert.equal(await header(cookies, 'http://[::1]/'), 'six=v');
  assert.equal(await header(cookies, 'http://1.127.0.0.1.test/'), undefined);
});

test('what redirects set is sent back to them, and to nobody else', async () => {
  const cookies = new Cookies();
  assert.equal(await header(cookies, 'http://a.test/'), undefined);
  cookies.offer(new URL('http://a.test/x'), [
    's=1; Path=/',
    'other=1; Domain=b.test',
    'all=1; Domain=test',
    'gone=1; Max-Age=0',
  ]);
  assert.equal(await header(cookies, 'http://a.test/y'), 's=1');
  assert.equal(await header(cookies, 'http://b.test/'), undefined);
});

test('nobody sets a cookie for a public suffix, a file no more than an origin', async () => {
  const cookies = new Cookies([
    cookie({ domain: 'com', subdomains: true }),
    cookie({ domain: 'co.uk', subdomains: true }),
  ]);
  cookies.offer(new URL('http://evil.com/'), ['x=1; Domain=com']);
  assert.equal(await header(cookies, 'http://example.com/'), undefined);
  assert.equal(await header(cookies, 'http://example.co.uk/'), undefined);
});

test('an origin cannot fill memory or the header with cookies', async () => {
  const cookies = new Cookies();
  const url = new URL('http://a.test/');
  for (let round = 0; round < 10; round++) {
    cookies.offer(
      url,
      Array.from({ length: 1000 }, (_, i) => `k${round}x${i}=1`),
    );
    await cookies.headerFor(url);
  }
  cookies.offer(url, [`long=${'x'.repeat(5000)}`]);
  const sent = (await cookies.headerFor(url)) ?? '';
  assert.ok(sent.split('; ').length <= 50 && !sent.includes('long'), sent.slice(0, 80));
});

test('rubbish in place of cookies is passed over', async () => {
  const cookies = new Cookies();
  const url = new URL('http://a.test/');
  cookies.offer(url, ['', ';;;', '=', 'ok=1', 'bad=\u0001x', '\u0000', 'a\r\nb: c=1']);
  assert.match((await cookies.headerFor(url)) ?? '', /ok=1/);
  assert.doesNotMatch((await cookies.headerFor(url)) ?? '', /[\r\n\0]/);
});
