import { describe, expect, it } from 'vitest';
import { addressGroup, clientAddress, createProxyList } from '../../../../src/server/access/clientAddress.js';

const proxies = createProxyList(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);
const of = (peerAddress: string, forwardedFor?: string, forwarded?: string, list = proxies) =>
  clientAddress({ peerAddress, forwardedFor, forwarded }, list);

describe("the client's address", () => {
  it('is that of the socket where no proxy is named', () => {
    expect(of('192.0.2.1')).toEqual({ address: '192.0.2.1', isLocal: false });
    expect(of('::ffff:192.0.2.1')).toEqual({ address: '192.0.2.1', isLocal: false });
    expect(of('::1')).toEqual({ address: '::1', isLocal: true });
    expect(of('127.8.9.1')).toEqual({ address: '127.8.9.1', isLocal: true });
    expect(of('')).toEqual({ address: '', isLocal: false });
  });

  it('is the last one in the header that no trusted proxy has', () => {
    expect(of('10.1.1.1', '192.0.2.7').address).toBe('192.0.2.7');
    expect(of('10.1.1.1', '198.51.100.1, 192.0.2.7, 10.2.2.2').address).toBe('192.0.2.7');
    expect(of('127.0.0.1', '[2001:db8::1]:4711').address).toBe('2001:db8::1');
    expect(of('127.0.0.1', undefined, 'for=192.0.2.60;proto=http;by=203.0.113.43').address).toBe(
      '192.0.2.60',
    );
    expect(of('127.0.0.1', undefined, 'for=198.51.100.1, For="[2001:db8::17]:47"').address).toBe(
      '2001:db8::17',
    );
  });

  it('is not what somebody writes who is no trusted proxy', () => {
    expect(of('192.0.2.1', '127.0.0.1')).toEqual({ address: '192.0.2.1', isLocal: false });
    expect(of('10.1.1.1', '127.0.0.1, 192.0.2.9')).toEqual({ address: '192.0.2.9', isLocal: false });
  });

  it('is not local where a proxy that nobody named hands it on', () => {
    const none = createProxyList([]);
    expect(of('127.0.0.1', '192.0.2.1', undefined, none).isLocal).toBe(false);
    expect(of('127.0.0.1', undefined, 'for=192.0.2.1', none).isLocal).toBe(false);
    expect(of('127.0.0.1', '127.0.0.1', undefined, none).isLocal).toBe(false);
  });

  it.each(['unknown', '', 'evil', '192.0.2.1.9', ' , ', '1.2.3.4:x'])(
    'is the nearest known one where a proxy hands on %j',
    (hop) => {
      expect(of('10.1.1.1', `192.0.2.1, ${hop}`)).toEqual({ address: '10.1.1.1', isLocal: false });
    },
  );
});

describe('what clients are counted by', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('is for %s %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});
