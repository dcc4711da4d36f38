import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'node:test';
import { type Interfaces, networkChange, networkWays } from './network-change.ts';

function info(address: string, internal = false): NetworkInterfaceInfo {
  const common = { address, netmask: '', mac: '', internal, cidr: null };
  return address.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' };
}

function change(before: Interfaces, after: Interfaces) {
  return networkChange(networkWays(before), networkWays(after));
}

const home = { wlan0: [info('192.168.1.5'), info('2001:db8:0:1:aaaa::1'), info('fe80::1')] };

test('nothing has changed where the same interfaces have the same addresses, in any order', () => {
  assert.equal(change(home, { wlan0: home.wlan0.toReversed() }), undefined);
});

test('an address that came, went or moved is a change', () => {
  assert.deepEqual(change(home, { wlan0: [info('10.0.0.7')] }), {
    appeared: ['wlan0 10.0.0.7'],
    vanished: ['wlan0 192.168.1.5', 'wlan0 2001:db8:0:1::/64'],
  });
  assert.deepEqual(change({}, { eth0: [info('192.0.2.1')] }), { appeared: ['eth0 192.0.2.1'], vanished: [] });
  assert.deepEqual(change({ eth0: [info('192.0.2.1')] }, { wlan0: [info('192.0.2.1')] }), {
    appeared: ['wlan0 192.0.2.1'],
    vanished: ['eth0 192.0.2.1'],
  });
});

test('a temporary IPv6 address that takes the place of another in its prefix is none', () => {
  const rotated = [info('192.168.1.5'), info('2001:db8::1:bbbb:0:0:2'), info('2001:db8:0:1:cccc::3')];
  assert.equal(change(home, { wlan0: rotated }), undefined);
});

test('another IPv6 prefix is one', () => {
  const after = { wlan0: [info('192.168.1.5'), info('2001:db8:0:2:aaaa::1')] };
  assert.deepEqual(change(home, after), {
    appeared: ['wlan0 2001:db8:0:2::/64'],
    vanished: ['wlan0 2001:db8:0:1::/64'],
  });
});

test('loopback, link-local addresses, containers and virtual machines are none', () => {
  const noise = {
    lo: [info('127.0.0.1', true), info('::1', true)],
    eth1: [info('169.254.3.4'), info('fe80::2'), info('fe80::3%eth1')],
    docker0: [info('172.17.0.1')],
    'br-1f2e': [info('172.18.0.1')],
    veth12ab: [info('10.1.2.3')],
    'vEthernet (WSL)': [info('172.20.0.1')],
    bridge100: [info('192.168.64.1')],
    odd0: [info('not an address')],
    none0: undefined,
  };
  assert.equal(change(home, { ...home, ...noise }), undefined);
});

test('a tunnel is one, and so is a bridge that the machine is connected by', () => {
  for (const name of ['wg0', 'tun0', 'utun4', 'tailscale0', 'br0', 'bridge0', 'vEthernet (External)']) {
    const after = { ...home, [name]: [info('10.8.0.2')] };
    assert.deepEqual(change(home, after), { appeared: [`${name} 10.8.0.2`], vanished: [] });
  }
});
