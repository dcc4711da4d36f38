import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_SOURCES } from '../../core/messages.ts';
import { newSource } from './source.ts';
import { SourceAddresses } from './source-addresses.ts';

const FIRST = 'http://first.test/f';
const addresses = () => new SourceAddresses(newSource(FIRST, { trusted: true, batch: 0 }));
const urls = (all: SourceAddresses) => all.all.map(({ url }) => url);

test('what is no URL or is there already is left out, and a fragment counts for nothing', () => {
  const all = addresses();
  all.add(['secret', 'ftp://a.test/f', FIRST, 'http://a.test/f#1', 'http://a.test/f#2'], { trusted: false });
  assert.deepEqual(urls(all), [FIRST, 'http://a.test/f']);
});

test('an address that was given up is tried again when the user names it, not when others do', async () => {
  const all = addresses();
  all.add(['http://a.test/f'], { trusted: false });
  const [, other] = all.all;
  other!.standing = 'out';
  all.add(['http://a.test/f'], { trusted: false });
  assert.equal(other!.standing, 'out');
  all.add(['http://a.test/f'], { trusted: true });
  assert.equal(other!.standing, 'new');
});

test('an address with another file never comes back', async () => {
  const all = addresses();
  all.add(['http://a.test/f'], { trusted: true });
  const [, other] = all.all;
  all.refuse(other!);
  await all.drop(other!);
  for (const trusted of [true, false]) all.add(['http://a.test/f'], { trusted });
  assert.deepEqual(urls(all), [FIRST]);
});

test('where all places are taken, one that is out makes room, and one of others for one of the user', () => {
  const all = addresses();
  const named = Array.from({ length: MAX_SOURCES - 1 }, (_, at) => `http://a.test/${at}`);
  all.add(named, { trusted: false });
  all.add(['http://b.test/others'], { trusted: false });
  assert.deepEqual(urls(all), [FIRST, ...named]);
  all.all[5]!.standing = 'lost';
  all.add(['http://b.test/others'], { trusted: false });
  assert.equal(urls(all).at(-1), 'http://b.test/others');
  all.add(['http://b.test/own'], { trusted: true });
  assert.equal(urls(all).at(-1), 'http://b.test/own');
  assert.equal(urls(all)[0], FIRST);
  assert.equal(all.all.length, MAX_SOURCES);
});

test('a link that is signed anew is no other address', () => {
  const all = addresses();
  all.add([`${FIRST}?sig=2`], { trusted: true });
  assert.equal(all.hadOthers, false);
  all.add(['http://a.test/f'], { trusted: true });
  assert.equal(all.hadOthers, true);
});
