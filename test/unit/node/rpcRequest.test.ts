import { describe, expect, it } from 'vitest';
import { parseLossless } from '../../../src/node/losslessJson.js';
import { encodeBatch, encodeCall, RpcParamsError } from '../../../src/node/rpcRequest.js';

const encode = (params: readonly unknown[] | { rawArray: string }): string =>
  encodeCall({ method: 'm', params }, 'n:1').toString();

describe('encodeCall', () => {
  it('prints values, with the method before the params', () => {
    expect(encode(['a"b', 1, true, null, { x: [] }])).toBe(
      '{"id":"n:1","method":"m","params":["a\\"b",1,true,null,{"x":[]}]}',
    );
  });

  it('keeps the digits of numbers that were read losslessly', () => {
    expect(encode([parseLossless('21000000000.12345678'), 2n ** 64n])).toContain(
      '"params":[21000000000.12345678,18446744073709551616]',
    );
  });

  it('sends the text of an array exactly as it came', () => {
    expect(encode({ rawArray: '[ 1.00000000, 9007199254740993 ]' })).toContain(
      '"params":[ 1.00000000, 9007199254740993 ]}',
    );
  });

  it.each(['[]},{"method":"stop","params":[]', '[],"method":"stop"', '{}', '[1', '', '[] []'])(
    'refuses %j in the place of an array: it could add a call of its own',
    (rawArray) => {
      expect(() => encode({ rawArray })).toThrow(RpcParamsError);
    },
  );

  it('refuses values that JSON has no form for', () => {
    expect(() => encode([Number.NaN])).toThrow(RpcParamsError);
    expect(() => encode([undefined])).toThrow(RpcParamsError);
  });
});

describe('encodeBatch', () => {
  it('prints the calls in order, each with its id', () => {
    const calls = [
      { method: 'a', params: [] },
      { method: 'b', params: { rawArray: '[2]' } },
    ];
    expect(encodeBatch(calls, ['n:1', 'n:2']).toString()).toBe(
      '[{"id":"n:1","method":"a","params":[]},{"id":"n:2","method":"b","params":[2]}]',
    );
  });
});
