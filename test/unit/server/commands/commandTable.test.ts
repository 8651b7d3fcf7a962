import { describe, expect, it } from 'vitest';
import { GUARDS } from '../../../../src/server/commands/commandGuards.js';
import { ALLOWED_COMMANDS, COMMANDS } from '../../../../src/server/commands/commandTable.js';

describe('the table of commands', () => {
  it('knows the 186 commands of an Evrmore 1.0.5 node', () => {
    expect(COMMANDS.size).toBe(186);
    for (const name of COMMANDS.keys()) expect(name).toMatch(/^[a-z]+$/);
  });

  it('allows exactly the read-only list', () => {
    expect(ALLOWED_COMMANDS).toEqual([
      'decoderawtransaction',
      'estimatesmartfee',
      'getassetdata',
      'getbestblockhash',
      'getblock',
      'getblockchaininfo',
      'getblockcount',
      'getblockhash',
      'getblockheader',
      'getchaintxstats',
      'getconnectioncount',
      'getdifficulty',
      'getmempoolentry',
      'getmempoolinfo',
      'getmininginfo',
      'getnetworkhashps',
      'getnetworkinfo',
      'getrawmempool',
      'getrawtransaction',
      'gettxout',
      'isvalidverifierstring',
      'uptime',
      'validateaddress',
      'verifymessage',
    ]);
  });

  it('has a guard for each guarded command and for no other', () => {
    const guarded = [...COMMANDS].filter(([, exposure]) => exposure === 'guarded').map(([name]) => name);
    expect([...GUARDS.keys()].sort()).toEqual(guarded.sort());
  });

  it('never opens what writes, controls, blocks or belongs to the wallet', () => {
    for (const name of [
      'stop',
      'sendtoaddress',
      'dumpprivkey',
      'getmywords',
      'waitfornewblock',
      'generate',
      'gettxoutsetinfo',
    ]) {
      expect(COMMANDS.get(name)).toBe('never');
    }
    expect(COMMANDS.get('sendrawtransaction')).toBe('off');
    expect(COMMANDS.get('decodescript')).toBe('off');
  });
});
