import { describe, expect, it } from 'vitest';
import { parseRoles } from '../../../../src/server/access/parseRoles.js';
import type { Role } from '../../../../src/server/access/role.js';
import { createRates, limitKey, LOCAL_KEY } from '../../../../src/server/limits/rates.js';

const OPTIONS = { messagesPerSecond: 2, costPerSecond: 5, rateWindowMs: 10_000, maxRateAddresses: 10 };

function roles(file?: unknown): ReadonlyMap<string, Role> {
  const parsed = parseRoles(file, { allowSendRawTransaction: false });
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  return parsed.ok;
}

function role(name: string, file?: unknown): Role {
  const found = roles(file).get(name);
  if (found === undefined) throw new Error(`no role ${name}`);
  return found;
}

describe('what a client is counted by', () => {
  const remote = (address: string): string => limitKey({ address, isLocal: false });

  it('is its IPv4 address, also where it comes as IPv6', () => {
    expect(remote('192.0.2.7')).toBe('192.0.2.7');
    expect(remote('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(remote('::ffff:c000:207')).toBe('192.0.2.7');
  });

  it('is the /64 around an IPv6 address', () => {
    expect(remote('2001:db8:1:2:aaaa::1')).toBe(remote('2001:db8:1:2:bbbb::2'));
    expect(remote('2001:db8:1:2::1')).not.toBe(remote('2001:db8:1:3::1'));
  });

  it('is one for all programs of the same machine, and not that of loopback addresses behind a proxy', () => {
    expect(limitKey({ address: '127.0.0.1', isLocal: true })).toBe(LOCAL_KEY);
    expect(limitKey({ address: '::1', isLocal: true })).toBe(LOCAL_KEY);
    expect(remote('127.0.0.1')).toBe('127.0.0.1');
  });
});

describe('rates', () => {
  it('are those of the settings for clients of other machines, and none for programs of the same', () => {
    const rates = createRates(OPTIONS);
    const user = role('user');
    expect(rates.limitsOf(user, '192.0.2.1')).toEqual({ messagesPerSecond: 2, costPerSecond: 5 });
    expect(rates.limitsOf(user, LOCAL_KEY)).toEqual({
      messagesPerSecond: undefined,
      costPerSecond: undefined,
    });
    expect(rates.take(user, LOCAL_KEY, 1, 1)).toBeUndefined();
  });

  it('are none for admins, and none where the settings say 0', () => {
    expect(createRates(OPTIONS).take(role('admin'), '192.0.2.1', 1, 1)).toBeUndefined();
    const none = createRates({ ...OPTIONS, messagesPerSecond: 0, costPerSecond: 0 });
    expect(none.take(role('anonymous'), '192.0.2.1', 1, 1)).toBeUndefined();
  });

  it("are a role's own where it has some, also for programs of the same machine", async () => {
    const file = {
      guest: { commands: ['@default'], messagesPerSecond: 0.1, costPerSecond: null },
      admin: { messagesPerSecond: 3 },
    };
    const rates = createRates(OPTIONS);
    const guest = role('guest', file);
    expect(rates.limitsOf(guest, '192.0.2.1')).toEqual({ messagesPerSecond: 0.1, costPerSecond: undefined });
    expect(rates.limitsOf(role('admin', file), '192.0.2.1').messagesPerSecond).toBe(3);
    expect(await rates.take(guest, LOCAL_KEY, 1, 1000)).toEqual({ type: 'ok' });
    expect(await rates.take(guest, LOCAL_KEY, 1, 1)).toMatchObject({ type: 'too_fast', unit: 'messages' });
  });

  it('count each role of an address by itself', async () => {
    const rates = createRates({ ...OPTIONS, messagesPerSecond: 0.1 });
    await rates.take(role('anonymous'), '192.0.2.1', 1, 1);
    expect(await rates.take(role('anonymous'), '192.0.2.1', 1, 1)).toMatchObject({ type: 'too_fast' });
    expect(await rates.take(role('user'), '192.0.2.1', 1, 1)).toEqual({ type: 'ok' });
    expect(rates.stats()).toEqual({ addresses: 2, forgotten: 0 });
  });

  it.each([0, -1, '5', true, 2_000_000])('are refused in a role that says %j', (messagesPerSecond) => {
    const parsed = parseRoles({ guest: { messagesPerSecond } }, { allowSendRawTransaction: false });
    expect('problems' in parsed && parsed.problems).toEqual([
      'role guest, messagesPerSecond: needs a number above 0, or null for no limit',
    ]);
  });
});
