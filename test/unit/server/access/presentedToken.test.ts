import { describe, expect, it } from 'vitest';
import { MAX_TOKEN_CHARS } from '../../../../src/protocol/tokenText.js';
import {
  chooseProtocol,
  hasTokenInUrl,
  presentedToken,
} from '../../../../src/server/access/presentedToken.js';

const shown = (authorization?: string, protocols: readonly string[] = []) =>
  presentedToken({ authorization, protocols });

describe('the token of a request', () => {
  it('stands in the Authorization header or in a subprotocol', () => {
    expect(shown()).toEqual({ type: 'none' });
    expect(shown('Bearer abc.d-e_f')).toEqual({ type: 'token', token: 'abc.d-e_f' });
    expect(shown('bearer  abc ')).toEqual({ type: 'token', token: 'abc' });
    expect(shown(undefined, ['x', 'bearer.abc'])).toEqual({ type: 'token', token: 'abc' });
    expect(shown('Bearer abc', ['bearer.abc'])).toEqual({ type: 'token', token: 'abc' });
  });

  it('is malformed where it cannot be one, or there are two', () => {
    expect(shown('Basic abc')).toEqual({ type: 'malformed' });
    const login = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    expect(shown(login('user:a:b'))).toEqual({ type: 'token', token: 'a:b', isPassword: true });
    expect(shown(login('user:'))).toEqual({ type: 'malformed' });
    expect(shown('Bearer')).toEqual({ type: 'malformed' });
    expect(shown('Bearer a b')).toEqual({ type: 'malformed' });
    expect(shown('Bearer abc', ['bearer.def'])).toEqual({ type: 'malformed' });
    expect(shown(undefined, ['bearer.'])).toEqual({ type: 'malformed' });
    expect(shown(`Bearer ${'x'.repeat(MAX_TOKEN_CHARS + 1)}`)).toEqual({ type: 'malformed' });
  });
});

describe('the subprotocol that is chosen', () => {
  it('repeats the token only where nothing else was offered that is known', () => {
    expect(chooseProtocol(['bearer.abc', 'evrmore-gateway'])).toBe('evrmore-gateway');
    expect(chooseProtocol(['other', 'bearer.abc'])).toBe('bearer.abc');
    expect(chooseProtocol(['other'])).toBe(false);
    expect(chooseProtocol([])).toBe(false);
  });
});

describe('a token in the URL', () => {
  it.each(['/?token=a', '/ws?x=1&access_token=a', '/?TOKEN=a', '/?%74oken=a', '/?api_key', '/?a?&jwt=1'])(
    'is seen in %s',
    (url) => {
      expect(hasTokenInUrl(url)).toBe(true);
    },
  );

  it.each(['/', '/ws', '/?x=token', '/token', '/?', '/?tokens=1', '/?%zz=1'])('is not seen in %s', (url) => {
    expect(hasTokenInUrl(url)).toBe(false);
  });
});
