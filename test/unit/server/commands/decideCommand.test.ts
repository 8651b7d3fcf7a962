import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DECODE_HEX_CHARS } from '../../../../src/server/commands/commandGuards.js';
import { COMMANDS } from '../../../../src/server/commands/commandTable.js';
import { decideCommand, withoutSpace } from '../../../../src/server/commands/decideCommand.js';
import { ANONYMOUS_ROLE } from '../../../support/serverHarness.js';

const CONTEXT = { genesisHashHex: 'ab'.repeat(32), role: ANONYMOUS_ROLE };
const HASH = '0f'.repeat(32);
const GENESIS = '5177b521d358ee45b83abbe2597a01511846c1bb3c08c14dc762a4649a7d2fc9';
const GENESIS_TXID = 'c191c775b10d2af1fcccb4121095b2a018f1bee84fa5efb568fcddd383969262';

const decide = (command: string, params: string | readonly unknown[]) =>
  decideCommand(command, typeof params === 'string' ? params : JSON.stringify(params), CONTEXT);

const paramsOf = (command: string, params: string | readonly unknown[]): unknown => {
  const decision = decide(command, params);
  return decision.type === 'allow' ? decision.params : decision.error;
};

describe('the decision about a command', () => {
  it('splices the params of an open command, every digit as it was', () => {
    expect(paramsOf('getblockhash', '[ 12345678901234567890.10 , "a \\" b" ]')).toEqual({
      rawArray: '[12345678901234567890.10,"a \\" b"]',
    });
  });

  it('tells a forbidden command from an unknown one', () => {
    expect(decide('stop', [])).toMatchObject({ type: 'refuse', error: 'forbidden_command' });
    expect(decide('getpeerinfo', [])).toMatchObject({ type: 'refuse', error: 'forbidden_command' });
    for (const word of ['nosuchcommand', 'GetBlock', 'constructor', '__proto__', '', 'getblock ']) {
      expect(decide(word, [])).toMatchObject({ type: 'refuse', error: 'unknown_command' });
    }
  });

  it('refuses every command that is not on the list, whatever the params', () => {
    for (const [name, exposure] of COMMANDS) {
      if (exposure === 'open' || exposure === 'guarded') continue;
      expect(paramsOf(name, [HASH])).toBe('forbidden_command');
    }
  });

  it('repeats of an unknown word only a short printable part', () => {
    const decision = decide('\u0000<script>"\\'.repeat(1000), []);
    expect(decision).toMatchObject({ type: 'refuse', error: 'unknown_command' });
    if (decision.type === 'refuse')
      expect(decision.message).toMatch(/^no command "[ -!#-[\]-~]{40,43}"; allowed/);
  });

  it('gives equal calls the same key, however they are written', () => {
    const keys = ['[1,"a b"]', ' [ 1 ,\n"a b" ] '].map((params) => decide('getblockhash', params));
    expect(keys[0]).toEqual(keys[1]);
    expect(decide('getblockhash', '[1]')).not.toEqual(decide('getblockhash', '["1"]'));
    expect(decide('getblock', [HASH.toUpperCase(), true])).toEqual(decide('getblock', [HASH]));
  });
});

describe('the guards', () => {
  it.each<[string, readonly unknown[], unknown]>([
    ['getblock', [HASH], [HASH, 1]],
    ['getblock', [HASH, 0], [HASH, 0]],
    ['getblock', [HASH, false], [HASH, 0]],
    ['getblock', [HASH, true], [HASH, 1]],
    ['getblock', [HASH, 2], 'forbidden_params'],
    ['getblock', [HASH, 1, 1], 'forbidden_params'],
    ['getblock', [HASH, '1'], 'forbidden_params'],
    ['getblock', [HASH, null], 'forbidden_params'],
    ['getblock', [], 'forbidden_params'],
    ['getblock', [7], 'forbidden_params'],
    ['getblock', [GENESIS], 'forbidden_params'],
    ['getblock', [GENESIS.toUpperCase(), 0], 'forbidden_params'],
    ['getblock', [`0x${GENESIS}`], 'forbidden_params'],
    ['getblock', [` ${GENESIS}`], 'forbidden_params'],
    ['getblock', [CONTEXT.genesisHashHex], 'forbidden_params'],
    ['getrawmempool', [], []],
    ['getrawmempool', [false], []],
    ['getrawmempool', [true], 'forbidden_params'],
    ['getrawmempool', [1], 'forbidden_params'],
    ['getrawtransaction', [HASH], [HASH, false]],
    ['getrawtransaction', [HASH, 1], [HASH, true]],
    ['getrawtransaction', [HASH, true], [HASH, true]],
    ['getrawtransaction', [HASH, 2], 'forbidden_params'],
    ['getrawtransaction', [GENESIS_TXID], 'forbidden_params'],
    ['getrawtransaction', [GENESIS_TXID.toUpperCase(), 1], 'forbidden_params'],
    ['getrawtransaction', [[HASH]], 'forbidden_params'],
    ['gettxout', [HASH, 0], [HASH, 0, true]],
    ['gettxout', [HASH, 4, false], [HASH, 4, false]],
    ['gettxout', [HASH, -1], 'forbidden_params'],
    ['gettxout', [HASH, 1.5], 'forbidden_params'],
    ['gettxout', [HASH, 2 ** 31], 'forbidden_params'],
    ['gettxout', [HASH], 'forbidden_params'],
    ['decoderawtransaction', ['00ff'], ['00ff']],
    ['decoderawtransaction', ['00f'], 'forbidden_params'],
    ['decoderawtransaction', ['zz'], 'forbidden_params'],
    ['decoderawtransaction', [''], 'forbidden_params'],
    [
      'decoderawtransaction',
      ['00'.repeat(MAX_DECODE_HEX_CHARS / 2)],
      ['00'.repeat(MAX_DECODE_HEX_CHARS / 2)],
    ],
    ['decoderawtransaction', ['00'.repeat(MAX_DECODE_HEX_CHARS / 2 + 1)], 'forbidden_params'],
    ['validateaddress', ['mXYZ'], ['mXYZ']],
    ['validateaddress', ['m'.repeat(101)], 'forbidden_params'],
    ['validateaddress', [], 'forbidden_params'],
    ['getnetworkhashps', [], [120, -1]],
    ['getnetworkhashps', [10_000, 5], [10_000, 5]],
    ['getnetworkhashps', [10_001], 'forbidden_params'],
    ['getnetworkhashps', [120, -2], 'forbidden_params'],
    ['getnetworkinfo', [], []],
    ['getnetworkinfo', [1], 'forbidden_params'],
  ])('answer %s %j with %j', (command, params, expected) => {
    expect(paramsOf(command, params)).toEqual(expected);
  });
});

describe('JSON without spaces', () => {
  it('means the same, and has no space outside strings', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(4), (json, indent) => {
        const value: unknown = JSON.parse(json);
        expect(withoutSpace(JSON.stringify(value, null, indent))).toBe(JSON.stringify(value));
      }),
    );
  });
});
