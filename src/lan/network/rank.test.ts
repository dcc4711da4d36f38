import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHostPort, type LocalAddress, listenAddresses, parseHostPort, unmapped } from './addresses.ts';
import { rankAddresses } from './rank.ts';

const local: readonly LocalAddress[] = [
  { interfaceName: 'lo', host: '127.0.0.1', cidr: '127.0.0.1/8', loopback: true },
  { interfaceName: 'wlan0', host: '192.168.1.2', cidr: '192.168.1.2/24', loopback: false },
  { interfaceName: 'eth0', host: '10.0.0.2', cidr: '10.0.0.2/24', loopback: false },
  { interfaceName: 'eth0', host: 'fe80::2', cidr: 'fe80::2/64', loopback: false },
  { interfaceName: 'docker0', host: '172.17.0.1', cidr: '172.17.0.1/16', loopback: false },
];

function ranked(hosts: readonly string[], options: { originLocalAddress?: string; known?: string } = {}) {
  return rankAddresses(
    hosts.map((host) => ({ host, port: 1 })),
    { local, ...options },
  ).map(({ host }) => host);
}

test('same subnet comes first, then routed, then what this machine has itself, then link-local', () => {
  assert.deepEqual(ranked(['169.254.3.3', '172.17.0.1', '8.8.8.8', 'host.local', '10.0.0.9']), [
    '10.0.0.9',
    '8.8.8.8',
    'host.local',
    '172.17.0.1',
    '169.254.3.3',
  ]);
});

test('the interface that reaches the origin is the last choice among same subnets', () => {
  const hosts = ['192.168.1.9', '10.0.0.9'];
  assert.deepEqual(ranked(hosts, { originLocalAddress: '192.168.1.2' }), ['10.0.0.9', '192.168.1.9']);
  assert.deepEqual(ranked(hosts, { originLocalAddress: '10.0.0.2' }), ['192.168.1.9', '10.0.0.9']);
});

test('an address that has worked is first among equals, and only among them', () => {
  assert.deepEqual(ranked(['192.168.1.9', '10.0.0.9', '8.8.8.8'], { known: '10.0.0.9' }), [
    '10.0.0.9',
    '192.168.1.9',
    '8.8.8.8',
  ]);
  assert.deepEqual(ranked(['192.168.1.9', '8.8.8.8'], { known: '8.8.8.8' }), ['192.168.1.9', '8.8.8.8']);
});

test('loopback counts only when there is nothing else', () => {
  assert.deepEqual(ranked(['127.0.0.1', '10.0.0.9']), ['10.0.0.9']);
  assert.deepEqual(ranked(['127.0.0.1', '127.0.0.2']), ['127.0.0.1', '127.0.0.2']);
});

test('a link-local IPv6 address is tried on the interfaces that have one', () => {
  assert.deepEqual(ranked(['fe80::9']), ['fe80::9%eth0']);
});

test('a member on all interfaces tells every address but loopback, real interfaces first', () => {
  assert.deepEqual(listenAddresses('::', 80, local), [
    '192.168.1.2:80',
    '10.0.0.2:80',
    '172.17.0.1:80',
    '[fe80::2]:80',
  ]);
  assert.deepEqual(listenAddresses('0.0.0.0', 80, local), ['192.168.1.2:80', '10.0.0.2:80', '172.17.0.1:80']);
});

test('a member without a network tells its loopback address', () => {
  assert.deepEqual(listenAddresses('::', 80, local.slice(0, 1)), ['127.0.0.1:80']);
});

test('a member bound to one address tells that', () => {
  assert.deepEqual(listenAddresses('127.0.0.5', 80, local), ['127.0.0.5:80']);
});

test('addresses are written and read alike', () => {
  for (const text of ['1.2.3.4:5', '[::1]:65535', 'a-b.local:80'])
    assert.equal(formatHostPort(parseHostPort(text)!), text);
});

test('what is no address with a port is not read', () => {
  for (const text of [
    '',
    '1.2.3.4',
    '1.2.3.4:0',
    '1.2.3.4:65536',
    '::1:80',
    '[::1]',
    '[1.2.3.4]:80',
    '1.2.3:80',
    'a b:1',
    'x:1:2',
  ]) {
    assert.equal(parseHostPort(text), undefined, text);
  }
});

test('IPv4 in IPv6 clothing is IPv4', () => {
  assert.equal(unmapped('::ffff:192.168.1.5'), '192.168.1.5');
  assert.deepEqual(parseHostPort('[::ffff:10.0.0.1]:80'), { host: '10.0.0.1', port: 80 });
});
