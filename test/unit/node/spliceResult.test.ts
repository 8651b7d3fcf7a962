import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spliceBatch, spliceResult } from '../../../src/node/spliceResult.js';

const buffer = (text: string): Buffer => Buffer.from(text);

describe('spliceResult', () => {
  it('returns the exact bytes of the result, in the memory of the body', () => {
    const body = buffer('{"result":{"value":9999999998.12345678},"error":null,"id":"n:1"}\n');
    const result = spliceResult(body, 'n:1');
    expect(result?.toString()).toBe('{"value":9999999998.12345678}');
    expect(result?.buffer).toBe(body.buffer);
  });

  it('returns null, empty strings and results that hold the marks themselves', () => {
    const tricky = '{"a":",\\"error\\":null,\\"id\\":\\"n:1\\"}","error":null,"id":"n:2"}';
    for (const result of ['null', '""', tricky]) {
      expect(spliceResult(buffer(`{"result":${result},"error":null,"id":"n:1"}\n`), 'n:1')?.toString()).toBe(
        result,
      );
    }
  });

  it.each([
    '{"result":null,"error":{"code":-8,"message":"x"},"id":"n:1"}\n',
    '{"result":5,"error":null,"id":"n:2"}\n',
    '{"result":5,"error":null,"id":null}\n',
    '{"result":5,"error":null,"id":"n:1"',
    '{"result": 5, "error": null, "id": "n:1"}',
    '{"result":,"error":null,"id":"n:1"}',
    '{"error":null,"id":"n:1"}',
    '<html></html>',
    '',
  ])('leaves %s to the full reader', (text) => {
    expect(spliceResult(buffer(text), 'n:1')).toBeUndefined();
  });
});

describe('spliceBatch', () => {
  it('finds each item, refused ones included, whatever the data looks like', () => {
    const data = fc.oneof(
      fc.json(),
      fc.constantFrom(',"error":null,"id":"n:1"}', '{"result":1', '},{').map((text) => JSON.stringify(text)),
      fc.constant('[{"result":1,"error":null,"id":"other:1"},{"result":2,"error":null,"id":"other:2"}]'),
    );
    const items = fc.array(fc.record({ data, isRefused: fc.boolean() }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(items, (list) => {
        const ids = list.map((_, index) => `n:${index + 7}`);
        const replies = list.map((item, index) =>
          item.isRefused
            ? `{"result":null,"error":{"code":-5,"message":${JSON.stringify(item.data)}},"id":"${ids[index] ?? ''}"}`
            : `{"result":${item.data},"error":null,"id":"${ids[index] ?? ''}"}`,
        );
        const spliced = spliceBatch(buffer(`[${replies.join(',')}]\n`), ids);
        expect(
          spliced?.map((item) => (item.type === 'result' ? item.result.toString() : item.reply.toString())),
        ).toStrictEqual(list.map((item, index) => (item.isRefused ? replies[index] : item.data)));
        expect(spliced?.map((item) => item.type === 'refused')).toStrictEqual(
          list.map((item) => item.isRefused),
        );
      }),
    );
  });

  it.each([
    '[{"result":1,"error":null,"id":"n:1"}]',
    '[{"result":1,"error":null,"id":"n:2"},{"result":2,"error":null,"id":"n:1"}]',
    '[{"result":1,"error":null,"id":"n:1"},{"result":2,"error":null,"id":"n:2"},{"result":3,"error":null,"id":"n:3"}]',
    '[{"result":1,"error":null,"id":"n:1"} {"result":2,"error":null,"id":"n:2"}]',
    '[{"result":1,"error":null,"id":"n:1"},{"result":2,"error":null,"id":"n:2"}',
    '[]',
  ])('leaves %s to the full reader', (text) => {
    expect(spliceBatch(buffer(text), ['n:1', 'n:2'])).toBeUndefined();
  });
});
