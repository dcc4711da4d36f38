import assert from 'node:assert/strict';
import { test } from 'node:test';
import { places } from './places.ts';

test('Linux without variables gets the XDG defaults', () => {
  assert.deepEqual(places(undefined, { HOME: '/home/ann' }, 'linux'), {
    configDir: '/home/ann/.config/dragonload',
    dataDir: '/home/ann/.local/share/dragonload',
    cacheDir: '/home/ann/.cache/dragonload',
  });
});

test('Linux obeys the XDG variables and ignores relative ones', () => {
  const env = { HOME: '/home/ann', XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: 'relative', XDG_CACHE_HOME: '' };
  assert.deepEqual(places(undefined, env, 'linux'), {
    configDir: '/c/dragonload',
    dataDir: '/home/ann/.local/share/dragonload',
    cacheDir: '/home/ann/.cache/dragonload',
  });
});

test('macOS uses the Library', () => {
  const found = places(undefined, { HOME: '/Users/ann' }, 'darwin');
  assert.equal(found.dataDir, '/Users/ann/Library/Application Support/dragonload/data');
  assert.equal(found.cacheDir, '/Users/ann/Library/Caches/dragonload');
});

test('Windows roams the settings and keeps the data local', () => {
  const env = { USERPROFILE: 'C:\\Users\\ann', APPDATA: 'C:\\R', LOCALAPPDATA: 'C:\\L' };
  assert.deepEqual(places(undefined, env, 'win32'), {
    configDir: 'C:\\R\\dragonload',
    dataDir: 'C:\\L\\dragonload\\data',
    cacheDir: 'C:\\L\\dragonload\\cache',
  });
});

test('one folder takes all three, the argument before the variable', () => {
  const env = { HOME: '/home/ann', DRAGONLOAD_HOME: '/x' };
  assert.equal(places(undefined, env, 'linux').dataDir, '/x/data');
  assert.equal(places('/y', env, 'linux').dataDir, '/y/data');
  const all = Object.values(places('/y', env, 'darwin'));
  assert.equal(new Set(all).size, 3);
});
