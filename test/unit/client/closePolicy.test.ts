import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelayMs, toldDelayMs } from '../../../src/client/backoff.js';
import { decideAfterClose } from '../../../src/client/closePolicy.js';
import { CLOSE_CODES } from '../../../src/protocol/codes.js';

describe('what follows the end of a connection', () => {
  const document = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');
  const rows = [...document.matchAll(/^\| (\d{4}) \| `(\w+)` .*\| (.*?) +\|$/gm)].filter(
    ([, code, name]) => (CLOSE_CODES as Readonly<Record<string, number>>)[name ?? ''] === Number(code),
  );

  it.each(rows.map(([, code, , advice]) => [Number(code), advice ?? ''] as const))(
    'is after code %i what the protocol advises: %s',
    (code, advice) => {
      const after = decideAfterClose({ code, reason: '' }, true);
      if (advice.startsWith('Repair the client')) {
        expect(after.type).toBe('fatal');
      } else {
        const isLater = /some seconds|Send less/.test(advice);
        expect(after).toEqual({ type: 'retry', minLimitMs: isLater ? 5000 : 0 });
      }
    },
  );

  it('is the end where the token has expired and there will be no other', () => {
    expect(decideAfterClose({ code: 4002, reason: 'the token has expired' }, false)).toMatchObject({
      type: 'fatal',
      message: expect.stringContaining('has expired: connect with a new one') as string,
    });
  });

  it('is decided for every code that a gateway sends', () => {
    expect(rows.map(([, code]) => Number(code)).sort()).toEqual(Object.values(CLOSE_CODES).sort());
  });

  it('is another attempt where nothing was said, or something unknown', () => {
    for (const code of [1000, 1005, 1006, 1015, 4999]) {
      expect(decideAfterClose({ code, reason: '' }, true)).toEqual({ type: 'retry', minLimitMs: 0 });
    }
  });

  it('is another attempt, later, while the gateway is full, and none where there is no gateway', () => {
    expect(decideAfterClose({ code: 1006, reason: '', httpStatus: 503 }, true)).toMatchObject({
      minLimitMs: 5000,
    });
    expect(decideAfterClose({ code: 1006, reason: '', httpStatus: 429 }, true)).toMatchObject({
      minLimitMs: 5000,
    });
    expect(decideAfterClose({ code: 1006, reason: '', httpStatus: 404 }, true)).toMatchObject({
      type: 'fatal',
    });
  });
});

describe('the wait that a gateway names when it shuts down', () => {
  it('is taken as it is, up to ten minutes, and left aside where it is no time', () => {
    expect([0, 3187, 600_000, 600_001].map(toldDelayMs)).toEqual([0, 3187, 600_000, 600_000]);
    expect([undefined, -1, Number.NaN].map(toldDelayMs)).toEqual([undefined, undefined, undefined]);
  });
});

describe('the wait before another attempt', () => {
  const options = { firstDelayMs: 500, maxDelayMs: 30_000 };

  it('is anything up to a limit that doubles, and never above its cap', () => {
    expect([0, 1, 2, 3].map((failures) => backoffDelayMs(options, failures, 0, 0.999_999))).toEqual([
      499, 999, 1999, 3999,
    ]);
    expect(backoffDelayMs(options, 5, 0, 0)).toBe(0);
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.nat(60_000),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (failures, min, random) => {
          const delayMs = backoffDelayMs(options, failures, min, random);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThan(30_000);
        },
      ),
    );
  });

  it('has no smaller limit than the close code calls for', () => {
    expect(backoffDelayMs(options, 0, 5000, 0.5)).toBe(2500);
  });
});
