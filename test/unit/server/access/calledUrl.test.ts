import { describe, expect, it } from 'vitest';
import { calledUrl } from '../../../../src/server/access/calledUrl.js';
import { createProxyList } from '../../../../src/server/access/clientAddress.js';
import type { RequestFacts } from '../../../../src/server/access/requestFacts.js';
import { requestFacts } from '../../../support/requestFacts.js';

const proxies = createProxyList(['127.0.0.1']);
const of = (changes: Partial<RequestFacts>): string | undefined => calledUrl(requestFacts(changes), proxies);

describe('the URL by which a client calls the gateway', () => {
  it.each([
    ['gateway.example', 'ws://gateway.example/'],
    ['gateway.example:9000', 'ws://gateway.example:9000/'],
    ['192.0.2.1:1', 'ws://192.0.2.1:1/'],
    ['[2001:db8::1]:8765', 'ws://[2001:db8::1]:8765/'],
  ])('is made of the Host %s', (host, url) => {
    expect(of({ host })).toBe(url);
    expect(of({ host, encrypted: true })).toBe(`wss${url.slice(2)}`);
  });

  it.each([
    undefined,
    '',
    'a b',
    'a/b',
    'a"b',
    'a<b>',
    'user@host',
    'host:',
    'host:99999',
    'host:123456',
    'one, two',
    '[::1',
    '[zz]',
    '999.1.1.1',
    'é.example',
    'x'.repeat(254),
  ])('is none where the Host is %s', (host) => {
    expect(of({ host })).toBeUndefined();
  });

  it('is what a trusted proxy says, and nobody else', () => {
    const said = { host: 'inside:1', forwardedHost: 'outside.example', forwardedProto: 'https' };
    expect(of(said)).toBe('wss://outside.example/');
    expect(of({ ...said, forwardedProto: 'http' })).toBe('ws://outside.example/');
    expect(of({ ...said, forwardedHost: undefined })).toBe('wss://inside:1/');
    expect(of({ ...said, forwardedHost: 'a, b' })).toBe('wss://inside:1/');
    expect(of({ ...said, peerAddress: '192.0.2.1' })).toBe('ws://inside:1/');
  });
});
