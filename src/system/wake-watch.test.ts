import assert from 'node:assert/strict';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { inProcess } from '../testing/system/programs.ts';
import { watchWake } from './wake-watch.ts';

const HOUR_MS = 3_600_000;
const up = { monotonicMs: 0, bootMs: 0, wallMs: 0, busyMs: 0 };

test('it says once that the machine has woken up', async () => {
  const slept: number[] = [];
  let looks = 0;
  await new Promise<void>((resolve) => {
    const alive = setInterval(() => {}, 60_000);
    const watch = watchWake({
      intervalMs: 1,
      readClocks: () => (looks < 3 ? up : { ...up, bootMs: HOUR_MS }),
      onWake: (ms) => slept.push(ms),
      onNetworkChange: () => assert.fail(),
      readInterfaces: () => {
        looks += 1;
        if (looks === 6) {
          watch[Symbol.dispose]();
          clearInterval(alive);
          resolve();
        }
        return {};
      },
    });
  });
  assert.deepEqual(slept, [HOUR_MS]);
});

test('it says what has changed in the network, and waits where the system does not tell', async () => {
  const address = Object.values(networkInterfaces()).flat()[0]!;
  const wlan = { wlan0: [{ ...address, address: '192.0.2.7', internal: false }] };
  let looks = 0;
  const change = await new Promise((resolve) => {
    const alive = setInterval(() => {}, 60_000);
    const watch = watchWake({
      intervalMs: 1,
      onWake: () => {},
      onNetworkChange: (change) => {
        watch[Symbol.dispose]();
        clearInterval(alive);
        resolve({ change, looks });
      },
      readInterfaces: () => {
        looks += 1;
        if (looks === 2) throw new Error('uv_interface_addresses returned Unknown system error 13');
        return looks === 3 ? {} : wlan;
      },
    });
  });
  assert.deepEqual(change, { change: { appeared: [], vanished: ['wlan0 192.0.2.7'] }, looks: 3 });
});

test('it keeps no process alive', async (t) => {
  const watcher = inProcess(
    t,
    `(await from('./wake-watch.ts')).watchWake({ onWake: () => {}, onNetworkChange: () => {} });`,
  );
  assert.deepEqual(await once(watcher, 'exit'), [0, null]);
});
