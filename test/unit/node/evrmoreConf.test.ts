import { describe, expect, it } from 'vitest';
import { firstValue, isOn, parseEvrmoreConf } from '../../../src/node/evrmoreConf.js';

describe('parseEvrmoreConf', () => {
  it('takes the first value of a key, and keeps all of them', () => {
    const conf = parseEvrmoreConf('rpcport=1\nrpcport=2\nrpcallowip=a\nrpcallowip=b\n');
    expect(firstValue(conf, 'rpcport')).toBe('1');
    expect(conf.values.get('rpcallowip')).toStrictEqual(['a', 'b']);
  });

  it('cuts space, carriage returns and comments, also behind a value and within a password', () => {
    const conf = parseEvrmoreConf(
      '# comment\r\n  rpcuser \t= alice  \r\n\r\nrpcpassword=se#cret\nserver=1 # yes\n',
    );
    expect([...conf.values]).toStrictEqual([
      ['rpcuser', ['alice']],
      ['rpcpassword', ['se']],
      ['server', ['1']],
    ]);
    expect(conf.problems).toStrictEqual([]);
  });

  it('keeps an equals sign within a value, and an empty value', () => {
    const conf = parseEvrmoreConf('rpcauth=u:s$a=b=\nrpcpassword=\n');
    expect(firstValue(conf, 'rpcauth')).toBe('u:s$a=b=');
    expect(firstValue(conf, 'rpcpassword')).toBe('');
  });

  it('puts the section before the keys that follow it, so that nobody reads them', () => {
    const conf = parseEvrmoreConf('rpcport=1\n[regtest]\nrpcport=2\n[main.]\nrpcuser=x\n');
    expect([...conf.values.keys()]).toStrictEqual(['rpcport', 'regtest.rpcport', 'main.rpcuser']);
  });

  it('turns noX=1 into X=0, and noX=0 into X=1', () => {
    const conf = parseEvrmoreConf('nolisten=1\nnotestnet=0\nnoregtest=\n');
    expect(firstValue(conf, 'listen')).toBe('0');
    expect(isOn(conf, 'testnet')).toBe(true);
    expect(isOn(conf, 'regtest')).toBe(false);
  });

  it('reads on and off as the node does: an empty value is on, a word is 0', () => {
    const conf = parseEvrmoreConf('a=1\nb=0\nc=\nd=true\ne=-1\nf=2x\n');
    expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key) => isOn(conf, key))).toStrictEqual([
      true,
      false,
      true,
      false,
      true,
      true,
      false,
    ]);
  });

  it('names lines that the node cannot read', () => {
    expect(parseEvrmoreConf('server=1\ntestnet\n\n[half\n').problems).toStrictEqual([
      { line: 2, why: 'it has no `=`' },
      { line: 4, why: 'it has no `=`' },
    ]);
  });

  it('does not read other files', () => {
    expect(firstValue(parseEvrmoreConf('includeconf=other.conf\n'), 'includeconf')).toBe('other.conf');
  });
});
