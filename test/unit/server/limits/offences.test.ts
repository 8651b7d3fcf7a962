import { describe, expect, it } from 'vitest';
import { createOffences, isOffence } from '../../../../src/server/limits/offences.js';

const OPTIONS = { maxOffences: 2, offenceWindowMs: 1000, maxRateAddresses: 3 };
const UNHEARD = { blocked: () => undefined };

describe('offences of an address', () => {
  it('block it when there is one too many, for the rest of the window that began with the first', () => {
    let nowMs = 5000;
    const offences = createOffences(OPTIONS, { blockLog: UNHEARD, nowMs: () => nowMs });
    offences.note('192.0.2.1');
    nowMs = 5300;
    offences.note('192.0.2.1');
    expect(offences.blockedForMs('192.0.2.1')).toBe(0);
    offences.note('192.0.2.1');
    expect(offences.blockedForMs('192.0.2.1')).toBe(700);
    expect(offences.blockedForMs('192.0.2.2')).toBe(0);
    nowMs = 6000;
    expect(offences.blockedForMs('192.0.2.1')).toBe(0);
    offences.note('192.0.2.1');
    expect(offences.blockedForMs('192.0.2.1')).toBe(0);
  });

  it('are told of when the address is blocked, once in the window', () => {
    let nowMs = 5000;
    const told: unknown[] = [];
    const offences = createOffences(OPTIONS, {
      blockLog: { blocked: (...words) => void told.push(words) },
      nowMs: () => nowMs,
    });
    for (let n = 0; n < 2; n += 1) offences.note('192.0.2.1');
    expect(told).toEqual([]);
    nowMs = 5300;
    for (let n = 0; n < 5; n += 1) offences.note('192.0.2.1');
    expect(told).toEqual([['192.0.2.1', 700, 3]]);
    nowMs = 6000;
    for (let n = 0; n < 5; n += 1) offences.note('192.0.2.1');
    expect(told).toEqual([
      ['192.0.2.1', 700, 3],
      ['192.0.2.1', 1000, 3],
    ]);
  });

  it('are not counted of programs of the same machine, nor where there is no limit', () => {
    const offences = createOffences(OPTIONS, { blockLog: UNHEARD, nowMs: () => 0 });
    const unlimited = createOffences({ ...OPTIONS, maxOffences: 0 }, { blockLog: UNHEARD, nowMs: () => 0 });
    for (let n = 0; n < 10; n += 1) {
      offences.note('local');
      unlimited.note('192.0.2.1');
    }
    expect([offences.blockedForMs('local'), offences.addresses]).toEqual([0, 0]);
    expect([unlimited.blockedForMs('192.0.2.1'), unlimited.addresses]).toEqual([0, 0]);
  });

  it('are remembered of so many addresses: one more takes the place of the oldest, and windows that are over leave', () => {
    let nowMs = 0;
    const offences = createOffences(OPTIONS, { blockLog: UNHEARD, nowMs: () => nowMs });
    for (let n = 0; n < 3; n += 1) offences.note('192.0.2.1');
    for (const address of ['192.0.2.2', '192.0.2.3']) offences.note(address);
    expect(offences.blockedForMs('192.0.2.1')).toBe(1000);
    offences.note('192.0.2.4');
    expect([offences.addresses, offences.blockedForMs('192.0.2.1')]).toEqual([3, 0]);
    nowMs = 1000;
    offences.note('192.0.2.5');
    expect(offences.addresses).toBe(1);
  });
});

describe('a close', () => {
  it.each([1002, 1007, 1008, 1009, 4029, 4030])('with %i is an offence', (code) => {
    expect(isOffence(code)).toBe(true);
  });

  it.each([1000, 1001, 1011, 4000, 4001, 4002, 4003, 4007, 4008])('with %i is none', (code) => {
    expect(isOffence(code)).toBe(false);
  });
});
