import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Offer } from '../../core/messages.ts';
import { ask, offerQuestion, parseAnswer } from './prompt.ts';

const OFFER: Offer = {
  type: 'offer',
  download: 'd'.repeat(32),
  url: 'https://user:pass@example.org:8443/a/disc.iso?token=secret',
  fileName: 'disc\x1b[2J\n.iso',
  pieceBytes: 1 << 20,
  ranges: true,
  identity: { sizeBytes: 5 * 1024 ** 3, etag: undefined, lastModified: undefined },
  checksum: undefined,
  order: 0,
};

/** Asks with the given input; what was written comes with the answer. */
async function answered(input: string, signal?: AbortSignal): Promise<{ answer: boolean; text: string }> {
  const stdin = new PassThrough();
  const stdout = new PassThrough({ encoding: 'utf8' });
  stdin.end(input);
  const answer = await ask('Download it?', { input: stdin, output: stdout, ...(signal && { signal }) });
  return { answer, text: String(stdout.read() ?? '') };
}

test('the question names room, file, size and host, and nothing secret', () => {
  assert.equal(
    offerQuestion(OFFER, 'Alice\x07'),
    "Alice\u00B7's room offers disc\u00B7[2J .iso (5.0 GiB) from example.org:8443. Download it here?",
  );
});

test('the question is whole when little is known', () => {
  const offer = { ...OFFER, url: 'rubbish', identity: { ...OFFER.identity, sizeBytes: undefined } };
  assert.match(
    offerQuestion(offer, undefined),
    /^The room offers .* \(size unknown\) from an unknown host\./,
  );
});

test('a file without an origin is offered from the members', () => {
  const offer = { ...OFFER, url: `urn:sha256:${'ab'.repeat(32)}` };
  assert.match(offerQuestion(offer, 'Alice'), / \(5\.0 GiB\) from its members alone\. Download it here\?$/);
});

test('Enter means yes and the end of the input no', async () => {
  assert.deepEqual(await answered('\n'), { answer: true, text: 'Download it? [Y/n] ' });
  assert.equal((await answered('')).answer, false);
  assert.equal((await answered('No\n')).answer, false);
});

test('an answer that is neither is asked for again', async () => {
  const { answer, text } = await answered('what?\nyes\n');
  assert.equal(answer, true);
  assert.equal(text, 'Download it? [Y/n] Download it? [Y/n] ');
});

test('an abort answers no', async () => {
  const input = new PassThrough();
  const abort = new AbortController();
  const answer = ask('Download it?', { input, output: new PassThrough(), signal: abort.signal });
  abort.abort();
  assert.equal(await answer, false);
});

test('answers are read in either case', () => {
  assert.equal(parseAnswer(' YES '), true);
  assert.equal(parseAnswer('n'), false);
  assert.equal(parseAnswer('maybe'), undefined);
});
