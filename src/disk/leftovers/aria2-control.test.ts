import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type WrittenControl, writtenControl } from '../../testing/disk/leftovers.ts';
import { readAria2Control } from './aria2-control.ts';

const MIB = 1024 * 1024;

/** Ten pieces of 1 MiB, the last of 7 bytes. */
const plain: WrittenControl = {
  pieceBytes: MIB,
  sizeBytes: 9 * MIB + 7,
  bitfield: [0b1100_0001, 0b0100_0000],
  inFlight: [[2, MIB, [0b1010_0000, 0, 0, 0, 0, 0, 0, 0b0000_0001]]],
};
const block = 16 * 1024;

for (const version of [0, 1]) {
  test(`a control file of version ${version} says which pieces and blocks there are`, () => {
    for (const infoHashBytes of [0, 20]) {
      assert.deepEqual(readAria2Control(writtenControl({ ...plain, version, infoHashBytes })), {
        sizeBytes: 9 * MIB + 7,
        ranges: [
          { start: 0, end: 2 * MIB + block },
          { start: 2 * MIB + 2 * block, end: 2 * MIB + 3 * block },
          { start: 3 * MIB - block, end: 3 * MIB },
          { start: 7 * MIB, end: 8 * MIB },
          { start: 9 * MIB, end: 9 * MIB + 7 },
        ],
      });
    }
  });
}

const wrong: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['another version', writtenControl({ ...plain, version: 2 })],
  ['a bitfield too short', writtenControl({ ...plain, bitfield: [255] })],
  ['a bitfield too long', writtenControl({ ...plain, bitfield: [0, 0, 0] })],
  ['a bit that stands for no piece', writtenControl({ ...plain, bitfield: [0, 0b0010_0000] })],
  ['pieces of nothing', writtenControl({ ...plain, pieceBytes: 0 })],
  [
    'a piece that the file has not',
    writtenControl({ ...plain, inFlight: [[10, MIB, new Array(8).fill(0)]] }),
  ],
  ['a piece of another length', writtenControl({ ...plain, inFlight: [[9, MIB, new Array(8).fill(0)]] })],
  ['blocks that the piece has not', writtenControl({ ...plain, inFlight: [[9, 7, [0b0100_0000]]] })],
  ['an info hash of any length', writtenControl({ ...plain, infoHashBytes: 65 })],
  ['bytes left over', Buffer.concat([writtenControl(plain), Buffer.of(0)])],
];
for (const [what, bytes] of wrong) {
  test(`${what} is not believed`, () => assert.equal(readAria2Control(bytes), undefined));
}

test('a size that no number can tell is not believed', () => {
  const bytes = writtenControl(plain);
  bytes.writeUInt8(255, 14);
  assert.equal(readAria2Control(bytes), undefined);
});

test('cut anywhere it is not believed, and whatever is in it, it says nothing beyond the file', () => {
  const good = writtenControl(plain);
  for (let length = 0; length < good.length; length++)
    assert.equal(readAria2Control(good.subarray(0, length)), undefined);
  const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(edits, (list) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of list) bytes[at] = value;
      const control = readAria2Control(bytes);
      let last = -1;
      for (const { start, end } of control?.ranges ?? []) {
        assert.ok(start > last && end > start && end <= control!.sizeBytes);
        last = end;
      }
    }),
    { numRuns: 3000 },
  );
});
