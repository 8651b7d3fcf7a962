import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from '../../../src/config/nearest.js';

describe('nearest', () => {
  it.each([
    ['simulat', 'simulate'],
    ['rpcUrl', 'rpc-url'],
    ['rpc_ulr', 'rpc-url'],
    ['prot', 'port'],
    ['datdir', 'datadir'],
  ])('finds what %s meant', (word, meant) => {
    expect(nearest(word, ['simulate', 'rpc-url', 'port', 'datadir', 'host'])).toBe(meant);
  });

  it.each(['colour', 'x', '', 'simulationmode'])('does not guess at %j', (word) => {
    expect(nearest(word, ['simulate', 'rpc-url', 'port', 'host'])).toBeUndefined();
  });

  it('puts the guess into the end of a sentence', () => {
    expect(didYouMean('prot', ['port'], '--')).toBe('; did you mean --port?');
    expect(didYouMean('banana', ['port'], '--')).toBe('');
  });
});
