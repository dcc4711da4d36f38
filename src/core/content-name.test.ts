import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentName, isContentName, sha256Of } from './content-name.ts';

const SHA256 = '0123456789abcdef'.repeat(4);

test('a file is named by the SHA-256 of its content', () => {
  assert.equal(contentName(SHA256), `urn:sha256:${SHA256}`);
  assert.ok(isContentName(contentName(SHA256)));
  assert.equal(sha256Of(contentName(SHA256)), SHA256);
  assert.equal(sha256Of('https://example.org/file'), undefined);
});

test('nothing else is a name by content', () => {
  for (const text of [
    '',
    'https://example.org/file',
    `https://example.org/urn:sha256:${SHA256}`,
    `urn:sha256:${SHA256.slice(1)}`,
    `urn:sha256:${SHA256}0`,
    `urn:sha256:${SHA256.toUpperCase()}`,
    `urn:sha256:${SHA256}#k`,
    `urn:sha256:${SHA256}\n`,
    `urn:md5:${SHA256}`,
  ])
    assert.equal(isContentName(text), false, text);
});
