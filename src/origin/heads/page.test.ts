import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHtml, isStrayPage, looksLikePage } from './page.ts';

const HTML = { 'content-type': 'text/html; charset=utf-8' };
const at = (path: string) => new URL(`http://host.example${path}`);

test('a page is told by its media type', () => {
  for (const type of ['text/html', 'TEXT/HTML;charset=x', 'application/xhtml+xml'])
    assert.ok(isHtml({ 'content-type': type }), type);
  for (const type of ['text/htmlx', 'application/octet-stream', undefined])
    assert.ok(!isHtml(type === undefined ? {} : { 'content-type': type }), type);
});

test('a small page under the name of a file looks like a login', () => {
  assert.ok(looksLikePage(at('/a/file.ISO'), HTML, 5000));
  assert.ok(looksLikePage(at('/file.tar.gz'), HTML, undefined));
  assert.ok(!looksLikePage(at('/file.iso'), HTML, 5_000_000));
  assert.ok(!looksLikePage(at('/file.html'), HTML, 5000));
  assert.ok(!looksLikePage(at('/download'), HTML, 5000));
  assert.ok(!looksLikePage(at('/file.iso'), { 'content-type': 'application/zip' }, 5000));
  assert.ok(!looksLikePage(at('/file.iso'), { ...HTML, 'content-disposition': 'attachment' }, 5000));
});

test('a page in place of a file is stray, a part that fits the file is not', () => {
  assert.ok(isStrayPage(200, HTML, 1000));
  assert.ok(isStrayPage(206, { ...HTML, 'content-range': 'bytes 0-9/500' }, 1000));
  assert.ok(!isStrayPage(206, { ...HTML, 'content-range': 'bytes 0-9/1000' }, 1000));
  assert.ok(!isStrayPage(200, {}, 1000));
  // Servers label the body of an error as a page, whatever the file is.
  assert.ok(!isStrayPage(416, HTML, 1000));
});
