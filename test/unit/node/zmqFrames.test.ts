import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNotice } from '../../../src/node/zmqFrames.js';

const HASH = 'ab'.repeat(31) + '01';
const hash = Buffer.from(HASH, 'hex');
const counter = Buffer.from([1, 2, 0, 0]);
const parse = (topic: string, ...bodies: Buffer[]) => parseNotice([Buffer.from(topic), ...bodies, counter]);
const numbered = (label: string, number: bigint): Buffer => {
  const tail = Buffer.alloc(8);
  tail.writeBigUInt64LE(number);
  return Buffer.concat([hash, Buffer.from(label), tail]);
};

describe('parseNotice', () => {
  it('reads block and transaction notices in display order, with a little-endian counter', () => {
    expect(parse('hashblock', hash)).toStrictEqual({
      topic: 'hashblock',
      counter: 513,
      notice: { type: 'block', hashHex: HASH },
    });
    expect(parse('hashtx', hash)?.notice).toStrictEqual({ type: 'transaction', txidHex: HASH });
  });

  it('reads the sequence topic of other nodes, its number with all digits', () => {
    expect(parse('sequence', Buffer.concat([hash, Buffer.from('C')]))?.notice).toStrictEqual({
      type: 'sequence',
      hashHex: HASH,
      label: 'C',
    });
    expect(parse('sequence', numbered('A', 2n ** 64n - 1n))?.notice).toStrictEqual({
      type: 'sequence',
      hashHex: HASH,
      label: 'A',
      mempoolSequence: '18446744073709551615',
    });
  });

  it.each([
    ['a topic that only begins like a known one', parse('hashblockx', hash)],
    ['a topic in other letters', parse('HashBlock', hash)],
    ['a topic with a NUL', parse('hashtx\0', hash)],
    ['a topic that is not listened to', parse('rawtx', hash)],
    ['a short hash', parse('hashtx', hash.subarray(1))],
    ['a long hash', parse('hashblock', Buffer.concat([hash, hash]))],
    ['an empty body', parse('hashblock', Buffer.alloc(0))],
    ['no body', parse('hashblock')],
    ['four frames', parse('hashblock', hash, hash)],
    ['no frames', parseNotice([])],
    ['a counter of 3 bytes', parseNotice([Buffer.from('hashtx'), hash, counter.subarray(1)])],
    ['a counter of 8 bytes', parseNotice([Buffer.from('hashtx'), hash, Buffer.alloc(8)])],
    ['an unknown label', parse('sequence', Buffer.concat([hash, Buffer.from('X')]))],
    ['a sequence body of 40 bytes', parse('sequence', numbered('A', 1n).subarray(0, 40))],
  ])('ignores %s', (_, parsed) => {
    expect(parsed).toBeUndefined();
  });

  it('never throws, whatever the frames hold', () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('hashblock', 'hashtx', 'sequence').map((text) => Buffer.from(text)),
      fc.constantFrom(hash, counter),
    );
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), (frames) => {
        const parsed = parseNotice(frames);
        if (parsed !== undefined) expect(frames).toHaveLength(3);
      }),
    );
  });
});
