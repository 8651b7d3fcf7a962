import { expect, test } from 'vitest';
import {
  createToldRefusals,
  MAX_TOLD_ADDRESSES,
  TOLD_PER_ADDRESS,
} from '../../../../src/server/limits/toldRefusals.js';

test('the first refusals of each address are told, and more in the next second', () => {
  let atMs = 5;
  const told = createToldRefusals(() => atMs);
  const outcomes = (key: string, count: number): number =>
    Array.from({ length: count }, () => told.isTold(key)).filter(Boolean).length;
  expect(outcomes('192.0.2.1', TOLD_PER_ADDRESS + 10)).toBe(TOLD_PER_ADDRESS);
  expect(outcomes('192.0.2.2', 1)).toBe(1);
  atMs = 1004.9;
  expect(outcomes('192.0.2.1', 1)).toBe(0);
  atMs = 1005;
  expect(outcomes('192.0.2.1', TOLD_PER_ADDRESS + 1)).toBe(TOLD_PER_ADDRESS);
});

test('those of more addresses than are counted are not told, until the second is over', () => {
  let atMs = 0;
  const told = createToldRefusals(() => atMs);
  for (let address = 0; address < MAX_TOLD_ADDRESSES; address += 1)
    expect(told.isTold(String(address))).toBe(true);
  expect(told.isTold('one more')).toBe(false);
  expect(told.isTold('0')).toBe(true);
  atMs = 1000;
  expect(told.isTold('one more')).toBe(true);
});
