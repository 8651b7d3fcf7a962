import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  readJwtKeys,
  readJwtSecret,
  verifyJwt,
  type JwtKeys,
  type JwtRules,
} from '../../../../src/server/access/jwtKeys.js';

const NO_RULES: JwtRules = { issuer: undefined, audience: undefined };
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secret = randomBytes(32);

const pemOf = (key: KeyObject): Buffer => Buffer.from(key.export({ type: 'spki', format: 'pem' }));
const set = {
  keys: [
    { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' },
    { ...ec.publicKey.export({ format: 'jwk' }), kid: 'two', alg: 'ES256' },
  ],
};

function sign(
  alg: string,
  key: KeyObject | Uint8Array,
  kid?: string,
  claims: object = { role: 'user' },
): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .setSubject('alice')
    .setExpirationTime('1h')
    .sign(key);
}

const typeOf = async (token: string, keys: JwtKeys, rules = NO_RULES): Promise<string> =>
  (await verifyJwt(token, keys, rules)).type;

describe('a JWT', () => {
  it('is taken with HS256, RS256 and ES256, from a secret, a PEM file and a key set', async () => {
    expect(await typeOf(await sign('HS256', secret), readJwtSecret(secret))).toBe('ok');
    expect(await typeOf(await sign('RS256', rsa.privateKey), readJwtKeys(pemOf(rsa.publicKey)))).toBe('ok');
    expect(await typeOf(await sign('ES256', ec.privateKey), readJwtKeys(pemOf(ec.publicKey)))).toBe('ok');
    const keys = readJwtKeys(Buffer.from(JSON.stringify(set)));
    expect(await typeOf(await sign('RS256', rsa.privateKey, 'one'), keys)).toBe('ok');
    expect(await typeOf(await sign('ES256', ec.privateKey, 'two'), keys)).toBe('ok');
  });

  it('is not taken with another algorithm than that of the keys, whatever it says of itself', async () => {
    const pem = pemOf(rsa.publicKey);
    // The public key as the secret: what a server falls for that believes the header.
    const confused = await sign('HS256', pem);
    expect(await typeOf(confused, readJwtKeys(pem))).toBe('invalid');
    expect(await typeOf(confused, readJwtKeys(Buffer.from(JSON.stringify(set))))).toBe('invalid');
    expect(await typeOf(await sign('RS512', rsa.privateKey), readJwtKeys(pem))).toBe('invalid');
    expect(await typeOf(await sign('HS512', randomBytes(64)), readJwtSecret(secret))).toBe('invalid');
    const [, payload = ''] = (await sign('HS256', secret)).split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    for (const keys of [readJwtSecret(secret), readJwtKeys(pem)])
      expect(await typeOf(none, keys)).toBe('invalid');
  });

  it('is not taken when a byte of it was changed, or another key signed it', async () => {
    const token = await sign('HS256', secret);
    const [head = '', payload = '', signature = ''] = token.split('.');
    const admin = Buffer.from('{"role":"admin","exp":9999999999}').toString('base64url');
    expect(await typeOf(`${head}.${admin}.${signature}`, readJwtSecret(secret))).toBe('invalid');
    expect(await typeOf(`${head}.${payload}.`, readJwtSecret(secret))).toBe('invalid');
    expect(await typeOf(token, readJwtSecret(randomBytes(32)))).toBe('invalid');
    for (const wrong of ['', '.', '..', 'a.b.c', `${token}.x`]) {
      expect(await typeOf(wrong, readJwtSecret(secret))).toBe('invalid');
    }
  });

  it('needs an end that is to come, and a begin that is not', async () => {
    const signed = (build: (jwt: SignJWT) => SignJWT): Promise<string> =>
      build(new SignJWT({ role: 'user' }).setProtectedHeader({ alg: 'HS256' })).sign(secret);
    const keys = readJwtSecret(secret);
    expect(await typeOf(await signed((jwt) => jwt), keys)).toBe('invalid');
    expect(await typeOf(await signed((jwt) => jwt.setExpirationTime('-1m')), keys)).toBe('expired');
    expect(await typeOf(await signed((jwt) => jwt.setExpirationTime('1h').setNotBefore('10m')), keys)).toBe(
      'invalid',
    );
  });

  it('needs the issuer and audience that are set', async () => {
    const keys = readJwtSecret(secret);
    const rules = { issuer: 'https://login.example', audience: 'gateway' };
    const token = (issuer: string, audience: string): Promise<string> =>
      sign('HS256', secret, undefined, { role: 'user', iss: issuer, aud: audience });
    expect(await typeOf(await token('https://login.example', 'gateway'), keys, rules)).toBe('ok');
    expect(await typeOf(await token('https://evil.example', 'gateway'), keys, rules)).toBe('invalid');
    expect(await typeOf(await token('https://login.example', 'other'), keys, rules)).toBe('invalid');
    expect(await typeOf(await sign('HS256', secret), keys, rules)).toBe('invalid');
  });
});

describe('the files of keys', () => {
  it('are refused where they are weak, private or something else', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const otherCurve = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    expect(() => readJwtSecret(Buffer.from(`${'x'.repeat(31)}\n`))).toThrow('32 bytes');
    expect(() => readJwtKeys(pemOf(weak.publicKey))).toThrow('2048');
    expect(() => readJwtKeys(pemOf(otherCurve.publicKey))).toThrow('P-256');
    expect(() => readJwtKeys(Buffer.from(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })))).toThrow(
      'private',
    );
    expect(() =>
      readJwtKeys(Buffer.from(JSON.stringify({ keys: [rsa.privateKey.export({ format: 'jwk' })] }))),
    ).toThrow('private');
    expect(() => readJwtKeys(Buffer.from('{"keys":[{"kty":"oct","k":"AAAA"}]}'))).toThrow('RSA or EC');
    expect(() => readJwtKeys(Buffer.from('{}'))).toThrow('Key Set');
    expect(() => readJwtKeys(Buffer.from('a secret'))).toThrow('PEM');
  });
});
