import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';

/** Keys that JWT are checked with: one secret, or public keys. */
export type JwtKeys =
  | { readonly type: 'secret'; readonly key: KeyObject }
  | { readonly type: 'public'; readonly key: KeyObject; readonly algorithm: 'RS256' | 'ES256' }
  | { readonly type: 'set'; readonly find: ReturnType<typeof createLocalJWKSet> };

/** What a JWT has to say beside its signature. */
export interface JwtRules {
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** What a JWT turned out to be. */
export type JwtVerdict =
  | { readonly type: 'ok'; readonly payload: JWTPayload & { readonly exp: number } }
  | { readonly type: 'expired' }
  | { readonly type: 'invalid' };

/** Shortest secret for HS256 (RFC 7518, 3.2). */
const MIN_SECRET_BYTES = 32;
/** Differences between two clocks that are forgiven. */
const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * Reads the secret of HS256: the bytes of the file, without a newline at its end.
 *
 * @throws Error with words when it is too short.
 */
export function readJwtSecret(content: Buffer): JwtKeys {
  let end = content.length;
  while (end > 0 && (content[end - 1] === 0x0a || content[end - 1] === 0x0d)) end -= 1;
  if (end < MIN_SECRET_BYTES) throw new Error(`needs a secret of ${MIN_SECRET_BYTES} bytes or more`);
  return { type: 'secret', key: createSecretKey(content.subarray(0, end)) };
}

/**
 * Reads public keys: a PEM file with one (RSA of 2048 bits or more for RS256, P-256 for ES256), or a JSON Web Key Set of such.
 *
 * @throws Error with words when it is neither.
 */
export function readJwtKeys(content: Buffer): JwtKeys {
  const text = content.toString('utf8');
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    throw new Error('holds a private key: give the public one');
  if (text.includes('-----BEGIN ')) return readPem(text);
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw new Error('needs a public key as PEM, or a JSON Web Key Set');
  }
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('needs a JSON Web Key Set with keys');
  for (const key of keys as unknown[]) {
    const { kty, d } = (typeof key === 'object' && key !== null ? key : {}) as { kty?: unknown; d?: unknown };
    if (kty !== 'RSA' && kty !== 'EC') throw new Error('needs public keys of type RSA or EC');
    if (d !== undefined) throw new Error('holds a private key: give the public ones');
  }
  return { type: 'set', find: createLocalJWKSet(set as JSONWebKeySet) };
}

function readPem(text: string): JwtKeys {
  let key: KeyObject;
  try {
    key = createPublicKey(text);
  } catch {
    throw new Error('needs a public key as PEM, or a JSON Web Key Set');
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048)
    return { type: 'public', key, algorithm: 'RS256' };
  if (type === 'ec' && details?.namedCurve === 'prime256v1')
    return { type: 'public', key, algorithm: 'ES256' };
  throw new Error('needs an RSA key of 2048 bits or more, or a P-256 key');
}

/**
 * Checks a JWT: signature, algorithm (that of the keys, whatever the token says), end, begin, issuer, audience. One without an end is
 * invalid. Never rejects.
 */
export async function verifyJwt(token: string, keys: JwtKeys, rules: JwtRules): Promise<JwtVerdict> {
  const options = {
    requiredClaims: ['exp'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    ...(rules.issuer === undefined ? {} : { issuer: rules.issuer }),
    ...(rules.audience === undefined ? {} : { audience: rules.audience }),
  };
  try {
    const { payload } =
      keys.type === 'set'
        ? await jwtVerify(token, keys.find, { ...options, algorithms: ['RS256', 'ES256'] })
        : await jwtVerify(token, keys.key, {
            ...options,
            algorithms: [keys.type === 'secret' ? 'HS256' : keys.algorithm],
          });
    const { exp } = payload;
    return exp === undefined ? { type: 'invalid' } : { type: 'ok', payload: { ...payload, exp } };
  } catch (error) {
    return error instanceof errors.JWTExpired ? { type: 'expired' } : { type: 'invalid' };
  }
}
