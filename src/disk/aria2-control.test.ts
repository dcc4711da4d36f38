import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAria2Control } from './aria2-control.ts';

const MIB = 1024 * 1024;

interface Written {
  readonly version?: number;
  readonly infoHashBytes?: number;
  readonly pieceBytes: number;
  readonly sizeBytes: number;
  readonly bitfield: readonly number[];
  readonly inFlight?: readonly (readonly [index: number, length: number, bitfield: readonly number[]])[];
}

/** A control file as the manual of aria2 describes it. */
function written({
  version = 1,
  infoHashBytes = 0,
  pieceBytes,
  sizeBytes,
  bitfield,
  inFlight = [],
}: Written): Buffer {
  const number = (value: number, bytes: 4 | 8) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUIntBE(value, Math.max(0, bytes - 6), Math.min(bytes, 6));
    return version === 0 ? buffer.reverse() : buffer;
  };
  return Buffer.concat([
    Buffer.of(0, version),
    Buffer.of(0, 0, 0, infoHashBytes > 0 ? 1 : 0),
    number(infoHashBytes, 4),
    Buffer.alloc(infoHashBytes, 5),
    number(pieceBytes, 4),
    number(sizeBytes, 8),
    number(0, 8),
    number(bitfield.length, 4),
    Buffer.from(bitfield),
    number(inFlight.length, 4),
    ...inFlight.flatMap(([index, length, bits]) => [
      number(index, 4),
      number(length, 4),
      number(bits.length, 4),
      Buffer.from(bits),
    ]),
  ]);
}

/** Ten pieces of 1 MiB, the last of 7 bytes. */
const plain: Written = {
  pieceBytes: MIB,
  sizeBytes: 9 * MIB + 7,
  bitfield: [0b1100_0001, 0b0100_0000],
  inFlight: [[2, MIB, [0b1010_0000, 0, 0, 0, 0, 0, 0, 0b0000_0001]]],
};
const block = 16 * 1024;

for (const version of [0, 1]) {
  test(`a control file of version ${version} says which pieces and blocks there are`, () => {
    for (const infoHashBytes of [0, 20]) {
      assert.deepEqual(readAria2Control(written({ ...plain, version, infoHashBytes })), {
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
  ['another version', written({ ...plain, version: 2 })],
  ['a bitfield too short', written({ ...plain, bitfield: [255] })],
  ['a bitfield too long', written({ ...plain, bitfield: [0, 0, 0] })],
  ['a bit that stands for no piece', written({ ...plain, bitfield: [0, 0b0010_0000] })],
  ['pieces of nothing', written({ ...plain, pieceBytes: 0 })],
  ['a piece that the file has not', written({ ...plain, inFlight: [[10, MIB, new Array(8).fill(0)]] })],
  ['a piece of another length', written({ ...plain, inFlight: [[9, MIB, new Array(8).fill(0)]] })],
  ['blocks that the piece has not', written({ ...plain, inFlight: [[9, 7, [0b0100_0000]]] })],
  ['an info hash of any length', written({ ...plain, infoHashBytes: 65 })],
  ['bytes left over', Buffer.concat([written(plain), Buffer.of(0)])],
];
for (const [what, bytes] of wrong) {
  test(`${what} is not believed`, () => assert.equal(readAria2Control(bytes), undefined));
}

test('a size that no number can tell is not believed', () => {
  const bytes = written(plain);
  bytes.writeUInt8(255, 14);
  assert.equal(readAria2Control(bytes), undefined);
});

test('cut anywhere it is not believed, and whatever is in it, it says nothing beyond the file', () => {
  const good = written(plain);
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
