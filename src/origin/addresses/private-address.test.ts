import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPublicAddress, literalAddress } from './private-address.ts';

test('addresses of the public internet are public', () => {
  for (const address of ['93.184.216.34', '2606:4700::1111', '::ffff:93.184.216.34', '64:ff9b::5db8:d822']) {
    assert.equal(isPublicAddress(address), true, address);
  }
});

test('private addresses are not public, in any disguise', () => {
  const inside = [
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '239.255.255.250',
    '255.255.255.255',
    '240.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    'nonsense',
    '',
  ];
  for (const address of inside) assert.equal(isPublicAddress(address), false, address);
});

test('an address in a URL is recognised in each of the forms that the URL parser leaves', () => {
  assert.equal(literalAddress(new URL('http://0x7f000001/').hostname), '127.0.0.1');
  assert.equal(literalAddress(new URL('http://[::1]/').hostname), '::1');
  assert.equal(literalAddress('example.org'), undefined);
});
