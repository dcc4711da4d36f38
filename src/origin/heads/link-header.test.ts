import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fileLinks, parseLinks } from './link-header.ts';

const HERE = new URL('http://here.example/dir/file.iso');
const links = (header: string, base = HERE) => fileLinks(header, base);

test('duplicates come in the order of their priority', () => {
  const header =
    '<http://b.example/f>; rel=duplicate; pri=2; geo=gb, <http://a.example/f>; rel="duplicate"; pri=1; pref, ' +
    '<http://c.example/f>;rel=duplicate';
  assert.deepEqual(links(header).mirrors, ['http://a.example/f', 'http://b.example/f', 'http://c.example/f']);
});

test('Metalink files are told from other descriptions', () => {
  const header =
    '<file.iso.meta4>; rel=describedby; type="application/metalink4+xml", ' +
    '<file.iso.asc>; rel=describedby; type="application/pgp-signature"';
  assert.deepEqual(links(header), {
    mirrors: [],
    describedBy: ['http://here.example/dir/file.iso.meta4'],
  });
});

test('a link may have several relations, and commas and semicolons in quotes and brackets', () => {
  const header = '<http://a.example/x,y;z>; title="a, \\"b\\"; rel=no"; REL="foo Duplicate"';
  assert.deepEqual(links(header).mirrors, ['http://a.example/x,y;z']);
});

test('what is about another resource, no web address, or less safe than here is left out', () => {
  const header =
    '<http://a.example/f>; rel=duplicate; anchor="/other", <ftp://a.example/f>; rel=duplicate, ' +
    '<magnet:?x>; rel=duplicate, <http://%>; rel=duplicate, <>; rel=duplicate';
  assert.deepEqual(links(header).mirrors, []);
  const secure = new URL('https://here.example/file');
  assert.deepEqual(
    links('<http://a.example/f>; rel=duplicate, <//b.example/f#x>; rel=duplicate', secure).mirrors,
    ['https://b.example/f'],
  );
});

test('an address that is named twice counts once, and users and passwords are not taken', () => {
  assert.deepEqual(
    links('<http://u:p@a.example/f>; rel=duplicate, <http://a.example/f>; rel=duplicate').mirrors,
    ['http://a.example/f'],
  );
});

test('reading stops where it makes no sense, and at so many links', () => {
  assert.equal(parseLinks('<a>; rel=x y, <b>; rel=x').length, 1);
  assert.equal(parseLinks(undefined).length, 0);
  assert.equal(parseLinks('<a>; rel=duplicate, '.repeat(1000)).length, 64);
});

test('any header is read without harm', () => {
  const piece = fc.oneof(fc.constantFrom('<', '>', ';', ',', '"', '\\', 'rel=duplicate', ' '), fc.string());
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      for (const url of links(pieces.join('')).mirrors) assert.match(url, /^https?:/);
    }),
  );
});
