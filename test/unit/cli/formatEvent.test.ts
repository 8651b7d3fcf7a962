import { describe, expect, it } from 'vitest';
import { formatEvent } from '../../../src/cli/formatEvent.js';

const HASH = 'ab'.repeat(32);

function event(type: string, dataJson: string): string {
  return `{"type":"${type}","topic":"t","cursor":"c","data":${dataJson}}`;
}

describe('formatEvent', () => {
  it.each([
    [
      'block',
      `{"hash":"${HASH}","height":5,"size":1200,"tx_count":1}`,
      `#5 ${HASH} 1 transaction, 1200 bytes`,
    ],
    [
      'block_disconnected',
      `{"hash":"${HASH}","height":5,"size":9,"tx_count":2}`,
      `#5 ${HASH} 2 transactions, 9 bytes`,
    ],
    [
      'reorg',
      `{"depth":2,"old_tip":{"height":7,"hash":"${HASH}"},"new_tip":{"height":8,"hash":"${HASH}"}}`,
      `depth 2, from #7 abababababababab… to #8 abababababababab…`,
    ],
    [
      'transaction',
      `{"txid":"${HASH}","vin_count":1,"vout_count":2,"status":"mempool"}`,
      `${HASH} mempool, 1 in, 2 out`,
    ],
    [
      'asset',
      `{"txid":"${HASH}","asset":"ORG","type":"transfer","amount":9999999998.12345678,"status":"confirmed"}`,
      `transfer ORG 9999999998.12345678 confirmed ${HASH}`,
    ],
    [
      'asset',
      `{"txid":"${HASH}","asset":"#KYC","type":"tag","status":"mempool"}`,
      `tag #KYC mempool ${HASH}`,
    ],
    ['mempool', '{"size":3,"bytes":900}', '3 transactions, 900 bytes'],
    ['sequence', `{"sequence":12,"hash":"${HASH}","label":"C"}`, `12 C ${HASH}`],
    ['final', `{"txid":"${HASH}","height":9,"depth":60}`, `${HASH} in block #9, 60 confirmations`],
    [
      'skipped',
      '{"topic":"mempool","count":12}',
      'mempool: 12 events left out, this client reads too slowly',
    ],
    ['gap', '{"topic":"mempool","message":"forget"}', 'mempool: forget'],
    ['custom', '{"x":1.50}', '{"x":1.50}'],
  ])('prints a %s on one line', (type, dataJson, text) => {
    expect(formatEvent(event(type, dataJson), '12:00:00', false)).toBe(`12:00:00 ${type.padEnd(18)} ${text}`);
  });

  it('uses colours only where they are wanted', () => {
    const message = event('mempool', '{"size":1,"bytes":9}');
    expect(formatEvent(message, '12:00:00', true)).toContain('\u001b[90m');
    expect(formatEvent(message, '12:00:00', false)).not.toContain('\u001b');
  });

  it("lets no stranger's text steer the terminal", () => {
    const name = JSON.stringify('A\u001b[2J\u009b\u202e\nB');
    const line = formatEvent(event('asset', `{"asset":${name},"type":"new"}`), '', false);
    expect(line).toContain('A?[2J???B');
    expect(formatEvent(event('x', '{"a":"\u009b2J"}'), '', false)).toContain('?2J');
  });

  it('tells what is missing instead of failing', () => {
    expect(formatEvent(event('block', '{}'), '', false)).toContain('#? ? ? transactions, ? bytes');
  });
});
