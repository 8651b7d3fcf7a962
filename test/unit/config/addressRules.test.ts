import { describe, expect, it } from 'vitest';
import { hidePasswords, isRpcUrl, isWebSocketUrl, isZmqAddress } from '../../../src/config/addressRules.js';

describe('isRpcUrl', () => {
  it.each(['http://127.0.0.1:18443', 'http://user:pass@node/', 'http://[::1]:8819', 'http://u:p%40ss@h:80'])(
    'takes %s',
    (text) => {
      expect(isRpcUrl(text)).toBe(true);
    },
  );

  it.each([
    'https://h',
    'ws://h',
    'h:8819',
    'http://h/wallet',
    'http://h?x',
    'http://h#x',
    'http://',
    '',
    'http://u:%zz@h',
  ])('refuses %j', (text) => {
    expect(isRpcUrl(text)).toBe(false);
  });
});

describe('isZmqAddress', () => {
  it.each(['tcp://127.0.0.1:28332', 'tcp://evrmored:1', 'tcp://[::1]:65535', 'ipc:///run/node/zmq'])(
    'takes %s',
    (text) => {
      expect(isZmqAddress(text)).toBe(true);
    },
  );

  it.each([
    'tcp://*:28332',
    'tcp://h',
    'tcp://h:0',
    'tcp://h:65536',
    'h:1',
    'udp://h:1',
    'ipc://',
    'tcp://a b:1',
    'tcp://h:1/x',
  ])('refuses %j', (text) => {
    expect(isZmqAddress(text)).toBe(false);
  });
});

describe('isWebSocketUrl', () => {
  it('takes the four schemes of a gateway and no other', () => {
    const schemes = ['ws', 'wss', 'http', 'https', 'ftp', 'file'];
    expect(schemes.map((scheme) => isWebSocketUrl(`${scheme}://h:1/`))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('hidePasswords', () => {
  it.each([
    ['no http://u:secret@h:1 here', 'no http://u:***@h:1 here'],
    ['http://u:se@cr/et@h', 'http://u:***@h'],
    ['http://:secret@h', 'http://:***@h'],
    ['write http://user:password@host:port', 'write http://user:password@host:port'],
    ['http://127.0.0.1:8765/health', 'http://127.0.0.1:8765/health'],
  ])('makes of %s: %s', (text, hidden) => {
    expect(hidePasswords(text)).toBe(hidden);
  });
});
