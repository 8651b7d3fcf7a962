import { describe, expect, it } from 'vitest';
import { MAX_NODE_MESSAGE_CHARS, shortenNodeMessage } from '../../../src/node/nodeMessage.js';

describe('shortenNodeMessage', () => {
  it('keeps the first line alone: a wrong number of arguments brings the whole help text', () => {
    expect(shortenNodeMessage('\ngetblock "blockhash" ( verbosity )\n\nIf verbosity is 0 …\r\n')).toBe(
      'getblock "blockhash" ( verbosity )',
    );
  });

  it('cuts to 300 characters, and never within one', () => {
    const message = shortenNodeMessage('🜨'.repeat(1_000));
    expect(Array.from(message)).toHaveLength(MAX_NODE_MESSAGE_CHARS);
    expect(message.endsWith('🜨…')).toBe(true);
  });

  it.each([
    ['Cannot open /home/alice/.evrmore/wallet.dat', 'Cannot open <path>'],
    ['Cannot open "/var/lib/evrmore/x y"', 'Cannot open "<path> y"'],
    ['file=/root/.evrmore/regtest/', 'file=<path>'],
    ['see ~/.evrmore/debug.log', 'see <path>'],
    ['C:\\Users\\Alice\\AppData\\Evrmore\\x.dat missing', '<path> missing'],
  ])('takes the path out of %j', (message, expected) => {
    expect(shortenNodeMessage(message)).toBe(expected);
  });

  it.each([
    'Asset ROOT/SUB/SUB2 was not found',
    'Invalid name: #KYC/#SUB',
    'Block height out of range',
    'value must be 1/100000000',
    'min fee 0.01/kB',
  ])('leaves %j as it is', (message) => {
    expect(shortenNodeMessage(message)).toBe(message);
  });

  it('replaces control characters', () => {
    expect(shortenNodeMessage('a\u0000\u001b[31mb')).toBe('a [31mb');
  });
});
