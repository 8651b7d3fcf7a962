import { expect, test } from 'vitest';
import { countKeys } from '../../../src/protocol/filterTypes.js';
import { MAX_FILTER_RULES, parseFilter, parseFilterKeys } from '../../../src/protocol/parseFilter.js';

const txid = 'ab'.repeat(32);
const address = 'EXissueAssetXXXXXXXXXXXXXXXXYiYRBD';

test('reads every member, each entry once', () => {
  const text = JSON.stringify({
    addresses: [address, address],
    assets: ['ORG', 'ORG/*', '*#TAG', '$ORG', '#KYC/#US', 'ORG~CHAN', 'ORG#a@b$%&()[]{}_.?:-'],
    txids: [txid],
    outpoints: [`${txid}:0`],
    min_amount: '1000.5',
    status: ['mempool', 'confirmed'],
  });
  const parsed = parseFilter(text, 'transactions');
  expect(parsed).toEqual({
    type: 'filter',
    rules: [
      {
        keys: {
          addresses: [address],
          assets: ['ORG', 'ORG/*', '*#TAG', '$ORG', '#KYC/#US', 'ORG~CHAN', 'ORG#a@b$%&()[]{}_.?:-'],
          txids: [txid],
          outpoints: [`${txid}:0`],
        },
        minAmountSats: 100_050_000_000n,
        statuses: ['mempool', 'confirmed'],
      },
    ],
  });
  if (parsed.type === 'filter') expect(countKeys(parsed.rules[0]?.keys)).toBe(10);
});

test('amounts keep their digits, written as a string or as a number', () => {
  const satsOf = (text: string): readonly (bigint | undefined)[] => {
    const parsed = parseFilter(text, 'assets');
    return parsed.type === 'filter' ? parsed.rules.map(({ minAmountSats }) => minAmountSats) : [];
  };
  expect(satsOf('[{"min_amount":20999999999.99999999}, {"min_amount":"20999999999.99999999"}]')).toEqual([
    2_099_999_999_999_999_999n,
    2_099_999_999_999_999_999n,
  ]);
  expect(satsOf('{"min_amount":0}')).toEqual([0n]);
});

test('a filter without keys is not one with none', () => {
  expect(parseFilter('{"status":["mempool"]}', 'assets')).toEqual({
    type: 'filter',
    rules: [{ statuses: ['mempool'] }],
  });
  expect(parseFilter('{"addresses":[]}', 'assets')).toEqual({
    type: 'filter',
    rules: [{ keys: { addresses: [] } }],
  });
});

test.each([
  ['3', '"filter" must be an object'],
  ['null', '"filter" must be an object'],
  ['{}', '"filter" is empty'],
  ['[]', `1 to ${MAX_FILTER_RULES} of them`],
  [JSON.stringify(Array(MAX_FILTER_RULES + 1).fill({ addresses: [] })), `1 to ${MAX_FILTER_RULES} of them`],
  ['[{"addresses":[]},7]', '"filter"[1] must be an object'],
  ['{"adresses":[]}', '"filter" has no member "adresses"'],
  ['{"__proto__":[]}', '"filter" has no member "__proto__"'],
  ['{"addresses":"E1"}', '"filter".addresses must be a list of strings'],
  [`{"addresses":["${address}",4]}`, '"filter".addresses[1] must be a string: an address'],
  ['{"addresses":["E0lI"]}', '"filter".addresses[0] "E0lI" is not an address'],
  ['{"assets":["a*b*c"]}', '"filter".assets[0] "a*b*c" is not an asset'],
  ['{"assets":["A B"]}', '"filter".assets[0] "A B" is not an asset'],
  ['{"assets":[""]}', '"filter".assets[0] "" is not an asset'],
  ['{"assets":["EVR"]}', '"filter".assets[0] "EVR" is the coin'],
  [`{"txids":["${txid.toUpperCase()}"]}`, '"filter".txids[0]'],
  [`{"outpoints":["${txid}:01"]}`, '"filter".outpoints[0]'],
  ['[{"assets":[]},{"min_amount":"-1"}]', '"filter"[1].min_amount must be an amount'],
  ['{"min_amount":1e3}', '"filter".min_amount must be an amount'],
  ['{"min_amount":"1.123456789"}', '"filter".min_amount must be an amount'],
  ['{"min_amount":["1"]}', '"filter".min_amount must be an amount'],
  ['{"status":[]}', '"filter".status must be a list'],
  ['{"status":["final"]}', '"filter".status[0] "final" is not one of mempool, confirmed'],
  ['{"status":[7]}', '"filter".status[0] is not one of'],
])('%s is refused with words that name the place', (text, words) => {
  const parsed = parseFilter(text, 'transactions');
  expect(parsed.type === 'invalid' ? parsed.message : undefined).toContain(words);
});

test('blocks have no status to filter by', () => {
  const parsed = parseFilter('{"status":["confirmed"]}', 'blocks');
  expect(parsed.type === 'invalid' ? parsed.message : undefined).toContain('does not go with blocks');
});

test('an update adds and removes keys alone', () => {
  expect(parseFilterKeys(`{"addresses":["${address}"],"txids":[]}`, 'add')).toEqual({
    type: 'keys',
    keys: { addresses: [address], txids: [] },
  });
  const wrong = (text: string): string | undefined => {
    const parsed = parseFilterKeys(text, 'remove');
    return parsed.type === 'invalid' ? parsed.message : undefined;
  };
  expect(wrong('[]')).toContain('"remove" must be an object of keys');
  expect(wrong('{"min_amount":"1"}')).toContain('"remove".min_amount cannot be changed in place');
  expect(wrong('{"label":[]}')).toContain('"remove" has no member "label"');
  expect(wrong('{"txids":["zz"]}')).toContain('"remove".txids[0] "zz" is not a txid');
});
