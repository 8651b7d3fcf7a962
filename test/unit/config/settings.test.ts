import { describe, expect, expectTypeOf, it } from 'vitest';
import { SETTING_KEYS, envOf, flagOf, settingOf, type Settings } from '../../../src/config/settings.js';

describe('the table of settings', () => {
  it('gives every setting a type that follows from its entry', () => {
    expectTypeOf<Settings['port']>().toEqualTypeOf<number>();
    expectTypeOf<Settings['simRpcPort']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Settings['rpcUrl']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Settings['host']>().toEqualTypeOf<string>();
    expectTypeOf<Settings['zmq']>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<Settings['simulate']>().toEqualTypeOf<boolean>();
    expectTypeOf<Settings['network']>().toEqualTypeOf<'main' | 'test' | 'regtest' | undefined>();
    expectTypeOf<Settings['logFormat']>().toEqualTypeOf<'json' | 'pretty' | undefined>();
  });

  it('makes flags and variables from keys', () => {
    expect(flagOf('rpcMaxAnswerBytes')).toBe('rpc-max-answer-bytes');
    expect(envOf('rpcMaxAnswerBytes')).toBe('EVRMORE_GATEWAY_RPC_MAX_ANSWER_BYTES');
  });

  it.each(SETTING_KEYS)('describes %s in sentences, for at least one command', (key) => {
    const setting = settingOf(key);
    expect(setting.description).toMatch(/^[A-Z].*\.$/s);
    expect(setting.commands.length).toBeGreaterThan(0);
    if (/Ms$/.test(key)) expect(setting.unit).toBe('ms');
    if (/Bytes$/.test(key)) expect(setting.unit).toBe('bytes');
  });
});
