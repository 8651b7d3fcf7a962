import { expect, test } from 'vitest';
import { positionalParams } from '../../../../src/server/commands/commandParams.js';

test('params by position stay as they were written', () => {
  expect(positionalParams('getblock', '[ "a" , 1.0 ]')).toEqual({ type: 'params', json: '[ "a" , 1.0 ]' });
});

test('params by name are put in the order of the node, with every digit', () => {
  expect(positionalParams('gettxout', '{"n": 12345678901234567890 ,"txid":"a"}')).toEqual({
    type: 'params',
    json: '["a",12345678901234567890]',
  });
  expect(positionalParams('getblockcount', '{}')).toEqual({ type: 'params', json: '[]' });
});

test('a name that the command does not have is refused, and so is a hole', () => {
  expect(positionalParams('getblock', '{"hash":1}')).toMatchObject({ type: 'refuse' });
  expect(positionalParams('getblockcount', '{"a":1}')).toMatchObject({ type: 'refuse' });
  expect(positionalParams('constructor', '{"a":1}')).toMatchObject({ type: 'refuse' });
  expect(positionalParams('gettxout', '{"txid":"a","include_mempool":true}')).toMatchObject({
    type: 'refuse',
    message: 'params by name may be left out from the end only; those of gettxout: txid, n, include_mempool',
  });
});
