import { describe, expect, it } from 'vitest';
import { decideOrigin } from '../../../../src/server/access/decideOrigin.js';
import type { RequestFacts } from '../../../../src/server/access/requestFacts.js';
import { requestFacts } from '../../../support/requestFacts.js';

const refused = (changes: Partial<RequestFacts>, allowOrigins: readonly string[] = []): boolean =>
  decideOrigin(requestFacts(changes), { allowOrigins }) !== undefined;

describe('the page that a browser speaks for', () => {
  it('is none where no origin is named: programs are let in', () => {
    expect(refused({})).toBe(false);
  });

  it("may be the gateway's own, whatever its name", () => {
    expect(refused({ origin: 'http://127.0.0.1:8765' })).toBe(false);
    expect(refused({ host: 'Gateway.Example.org', origin: 'http://gateway.example.org' })).toBe(false);
  });

  it('may have either scheme where a proxy may encrypt, and only https where the gateway does', () => {
    const host = 'gateway.example.org';
    expect(refused({ host, origin: `https://${host}` })).toBe(false);
    expect(refused({ host, origin: `https://${host}`, encrypted: true })).toBe(false);
    expect(refused({ host, origin: `http://${host}`, encrypted: true })).toBe(true);
  });

  it.each([
    'https://evil.example',
    'http://127.0.0.1:8766',
    'http://127.0.0.1',
    'http://localhost:8765',
    'http://127.0.0.1:8765.evil.example',
    'ftp://127.0.0.1:8765',
    'null',
    '',
    '*',
  ])('may not be %j', (origin) => {
    expect(refused({ origin })).toBe(true);
    expect(refused({ origin }, ['https://app.example.org'])).toBe(true);
  });

  it('may be one that the operator allows, and only that', () => {
    const allowed = ['https://App.example.org', 'null'];
    expect(refused({ origin: 'https://app.example.org' }, allowed)).toBe(false);
    expect(refused({ origin: 'null' }, allowed)).toBe(false);
    expect(refused({ origin: 'http://app.example.org' }, allowed)).toBe(true);
    expect(refused({ origin: 'https://app.example.org:444' }, allowed)).toBe(true);
    expect(refused({ origin: 'https://evil.example' }, ['*'])).toBe(false);
  });

  it('is not repeated when it is refused', () => {
    const refusal = decideOrigin(requestFacts({ origin: 'https://evil.example' }), { allowOrigins: [] });
    expect(refusal?.message).not.toContain('evil');
  });
});
