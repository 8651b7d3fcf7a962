import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { exactNumber } from '../../../src/extensions/exactNumber.js';
import { printData } from '../../../src/extensions/printData.js';

describe('what an extension gives', () => {
  test('is printed as JSON.stringify prints it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(printData(value, 1_000_000)).toBe(JSON.stringify(value));
      }),
    );
  });

  test('may hold exact numbers, bigints, dates, and members that are undefined', () => {
    const data = {
      amount: exactNumber('92233720368.54775800'),
      sats: 9223372036854775807n,
      at: new Date(0),
      absent: undefined,
      list: [undefined, exactNumber('-0.10')],
    };
    expect(printData(data, 1000)).toBe(
      '{"amount":92233720368.54775800,"sats":9223372036854775807,"at":"1970-01-01T00:00:00.000Z","list":[null,-0.10]}',
    );
  });

  test('may hold exact numbers of another copy of the package', async () => {
    vi.resetModules();
    const copy = await import('../../../src/extensions/exactNumber.js');
    expect(copy.exactNumber).not.toBe(exactNumber);
    expect(printData([copy.exactNumber('0.10')], 1000)).toBe('[0.10]');
  });

  test.each(['', '01', '1.', '.5', 'NaN', '1 ', '0x1', '"1"', '1,"x":2'])(
    '%j are not the digits of a number',
    (digits) => {
      expect(() => exactNumber(digits)).toThrow(RangeError);
    },
  );

  test.each([
    ['a function', () => undefined],
    ['a symbol', Symbol('x')],
    ['infinity', { value: Infinity }],
    ['nothing', undefined],
  ])('is refused where it is %s', (_, value) => {
    expect(() => printData(value, 1000)).toThrow(
      expect.objectContaining({ code: 'GW_ERR_EXTENSION_DATA', kind: 'unprintable' }),
    );
  });

  test('is refused where it is a circle', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => printData(circle, 1_000_000)).toThrow(expect.objectContaining({ kind: 'unprintable' }));
  });

  test('is JSON also where a list has holes', () => {
    const holes = Object.assign(new Array<number>(3), { 0: 1, 2: 3 });
    expect(printData({ holes, none: new Array(2) }, 1000)).toBe('{"holes":[1,null,3],"none":[null,null]}');
  });

  test('is refused where a list is longer than the text may be, whatever it holds', () => {
    expect(() => printData(new Array(2 ** 32 - 1), 1_000_000)).toThrow(
      expect.objectContaining({ code: 'GW_ERR_EXTENSION_DATA', kind: 'too_big' }),
    );
  });

  test('is refused from the first byte on that is too much, and then no more of it is made', () => {
    let made = 0;
    const list = Array.from({ length: 1000 }, () => ({
      toJSON() {
        made += 1;
        return 'x'.repeat(98);
      },
    }));
    expect(() => printData(list, 1000)).toThrow(expect.objectContaining({ kind: 'too_big' }));
    expect(made).toBe(10);
    expect(printData('ä'.repeat(4), 10)).toBe('"ääää"');
    expect(() => printData('ä'.repeat(4), 9)).toThrow(expect.objectContaining({ kind: 'too_big' }));
  });
});
