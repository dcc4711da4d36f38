import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { startOrigin } from '../../testing/origin-server/origin-server.ts';
import { Origin } from '../origin.ts';
import { loadRequestSettings } from '../requests/request-settings.ts';
import { localAddressesOf } from './local-addresses.ts';

const [loopback] =
  Object.entries(networkInterfaces()).find(([, all]) =>
    all?.some(({ address }) => address === '127.0.0.1'),
  ) ?? [];

test('an address of this machine is where connections begin', async () => {
  assert.deepEqual((await localAddressesOf('127.0.0.1'))(), { 4: '127.0.0.1' });
});

test('an interface stands for the addresses that it has', async () => {
  assert.ok(loopback);
  assert.equal((await localAddressesOf(loopback))()[4], '127.0.0.1');
});

test('what this machine does not have is refused, with what it has', async () => {
  for (const address of ['192.0.2.1', '2001:db8::1'])
    await assert.rejects(localAddressesOf(address), { code: 'usage', message: /no address/ });
  await assert.rejects(localAddressesOf('no-such0'), (error: Error & { code?: string; next?: string }) => {
    assert.equal(error.code, 'usage');
    assert.ok(error.next?.includes(loopback!));
    return true;
  });
});

test('requests come from the interface, and not at all from one without addresses of the right family', async () => {
  await using server = await startOrigin({ files: { '/f': { content: { seed: 'local', sizeBytes: 10 } } } });
  const settings = await loadRequestSettings({ interface: '127.0.0.3' }, {});
  await using origin = new Origin(server.url(), { allowPrivate: true, settings });
  assert.equal((await origin.probe()).localAddress, '127.0.0.3');
  await using six = new Origin(server.url(), {
    allowPrivate: true,
    settings: { ...settings, localAddresses: () => ({ 6: '::1' }) },
  });
  await assert.rejects(six.probe(), { code: 'origin-failed', message: /EADDRNOTAVAIL/ });
});
