import { beforeEach, expect, test } from 'vitest';
import { createDemand, NOTHING_WANTED, type Demand, type DemandGroup } from '../../../src/feed/demand.js';

let nowMs: number;
let headSeq: number;
let begun: DemandGroup[];

beforeEach(() => {
  nowMs = 0;
  headSeq = 0;
  begun = [];
});

function create(idleFollowMs: number): Demand {
  const demand = createDemand({ idleFollowMs, nowMs: () => nowMs, headSeq: () => headSeq });
  demand.onBegin = (group) => void begun.push(group);
  return demand;
}

test('everything is followed from the start, and for a while after the last has left', () => {
  const demand = create(100);
  expect(demand.covers(['transactions', 'mempool'], 0)).toBe(true);
  const first = { wanted: NOTHING_WANTED };
  const second = { wanted: NOTHING_WANTED };
  demand.want(first, ['transactions']);
  demand.want(second, ['assets']);
  nowMs = 150;
  expect(demand.endIdle()).toEqual(['figures']);
  demand.want(first, []);
  nowMs = 1000;
  expect(demand.endIdle()).toEqual([]);
  demand.want(second, ['blocks']);
  nowMs = 1099;
  expect(demand.endIdle()).toEqual([]);
  nowMs = 1100;
  expect(demand.endIdle()).toEqual(['transactions']);
  expect(demand.followedTopics()).toEqual(['blocks', 'finality']);
  expect(begun).toEqual([]);
});

test('who comes back in time finds the log whole, and who is late does not', () => {
  const demand = create(100);
  const interest = { wanted: NOTHING_WANTED };
  demand.want(interest, ['transactions']);
  headSeq = 40;
  demand.want(interest, []);
  nowMs = 99;
  expect(demand.endIdle()).toEqual([]);
  demand.want(interest, ['assets']);
  expect(demand.covers(['assets'], 7)).toBe(true);
  demand.want(interest, []);
  nowMs = 199;
  expect(demand.endIdle()).toEqual(['transactions', 'figures']);
  headSeq = 50;
  demand.want(interest, ['sequence']);
  expect(begun).toEqual(['transactions']);
  // Who stands at the newest event may have left there, and what left the mempool meanwhile is not told.
  expect(demand.covers(['sequence'], 50)).toBe(false);
  headSeq = 51;
  expect(demand.covers(['sequence', 'transactions'], 51)).toBe(true);
  expect(demand.covers(['mempool'], 51)).toBe(false);
  expect(demand.covers(['blocks', 'finality'], 0)).toBe(true);
});

test('with 0 nothing is followed that nobody wants, and with -1 everything for ever', () => {
  const never = create(0);
  expect(never.isFollowed('transactions')).toBe(false);
  expect(never.covers(['blocks', 'assets'], 0)).toBe(false);
  const interest = { wanted: NOTHING_WANTED };
  never.want(interest, ['blocks', 'transactions', 'mempool']);
  expect(begun).toEqual(['transactions', 'figures']);
  never.want(interest, ['blocks', 'mempool']);
  // Between two steps of the follower alone.
  expect(never.isFollowed('transactions')).toBe(true);
  expect(never.endIdle()).toEqual(['transactions']);
  const always = create(-1);
  nowMs = Number.MAX_SAFE_INTEGER;
  expect(always.endIdle()).toEqual([]);
});

test('the status of the node is wanted from the first to the last who wants it, and not a moment longer', () => {
  const demand = create(-1);
  const heard: string[] = [];
  demand.onStatus = (group, isWanted) => void heard.push(`${group} ${String(isWanted)}`);
  const [first, second] = [{ wanted: NOTHING_WANTED }, { wanted: NOTHING_WANTED }];
  demand.want(first, ['peers', 'mining', 'blocks']);
  demand.want(second, ['peers']);
  expect(demand.followedTopics()).toContain('peers');
  headSeq = 9;
  expect(demand.covers(['peers'], 9)).toBe(true);
  demand.want(first, []);
  expect(heard).toEqual(['peers true', 'mining true', 'mining false']);
  demand.want(second, []);
  expect(heard.slice(3)).toEqual(['peers false']);
  expect(demand.followedTopics()).not.toContain('peers');
  demand.want(second, ['peers']);
  expect(demand.covers(['peers'], 9)).toBe(false);
  expect(demand.endIdle()).toEqual([]);
  expect(begun).toEqual([]);
});
