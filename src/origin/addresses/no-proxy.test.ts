import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, noProxyMatcher } from './no-proxy.ts';

const fits = (list: string, url: string) => noProxyMatcher(list)(new URL(url));

test('a name stands for itself and its subdomains, whatever stands before it', () => {
  for (const entry of ['a.test', '.a.test', '*.a.test', 'A.Test.']) {
    assert.ok(fits(`x, ${entry} y`, 'http://a.test/'), entry);
    assert.ok(fits(entry, 'https://sub.a.test./'), entry);
    assert.ok(!fits(entry, 'http://nota.test/'), entry);
  }
});

test('a star stands for all, nothing for nothing', () => {
  assert.ok(fits('*', 'http://a.test/') && fits('b, *', 'http://[::1]/'));
  for (const list of ['', ' , ', '.', '*.', ':80', '[]', 'a/b/c', '10.0.0.0/99', '/8'])
    assert.ok(!fits(list, 'http://a.test/') && !fits(list, 'http://10.0.0.1/'), list);
});

test('a port narrows an entry; the usual one need not stand in the URL', () => {
  assert.ok(fits('a.test:80', 'http://a.test/') && fits('a.test:443', 'https://a.test/'));
  assert.ok(!fits('a.test:80', 'https://a.test/') && !fits('a.test:8080', 'http://a.test/'));
  assert.ok(fits('[::1]:8080', 'http://[::1]:8080/') && !fits('[::1]:8080', 'http://[::1]/'));
});

test('addresses and blocks stand for addresses in any form, and for no names', () => {
  assert.ok(fits('10.0.0.0/8', 'http://10.1.2.3/') && !fits('10.0.0.0/8', 'http://11.1.2.3/'));
  assert.ok(fits('fd00::/8', 'http://[fd00::1]/') && !fits('fd00::/8', 'http://10.0.0.1/'));
  assert.ok(fits('127.0.0.1', 'http://0x7f.1/') && fits('::1', 'http://[0:0:0:0:0:0:0:1]/'));
  assert.ok(fits('10.0.0.1', 'http://[::ffff:10.0.0.1]/'));
  assert.ok(!fits('10.0.0.1', 'http://10.0.0.1.test/') && !fits('0.0.1', 'http://10.0.0.1/'));
});

test('this machine is known by its name and its addresses', () => {
  for (const url of [
    'http://localhost/',
    'http://a.localhost./',
    'http://127.9.9.9/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
  ])
    assert.ok(isLoopback(new URL(url)), url);
  for (const url of ['http://localhost.test/', 'http://10.0.0.1/', 'http://notlocalhost/'])
    assert.ok(!isLoopback(new URL(url)), url);
});
