import { describe, expect, it } from 'vitest';
import { crossOriginHeaders, isPreflight } from '../../../../src/server/access/crossOrigin.js';
import { requestFacts } from '../../../support/requestFacts.js';

const APP = 'https://app.example.org';
const rules = { allowOrigins: [APP] };

describe('headers that let a page read an answer', () => {
  it('are none for what is no page, for the own page, and for a page that nobody has allowed', () => {
    expect(crossOriginHeaders(requestFacts(), rules)).toEqual({});
    expect(crossOriginHeaders(requestFacts({ origin: 'http://127.0.0.1:8765' }), rules)).toEqual({});
    expect(crossOriginHeaders(requestFacts({ origin: 'https://evil.example' }), rules)).toEqual({});
    expect(crossOriginHeaders(requestFacts({ origin: APP }), { allowOrigins: [] })).toEqual({});
  });

  it('name the one page that asks, and never let its cookies in', () => {
    const headers = crossOriginHeaders(requestFacts({ origin: APP }), { allowOrigins: ['*'] });
    expect(headers).toMatchObject({ 'Access-Control-Allow-Origin': APP, Vary: 'Origin' });
    expect(headers).not.toHaveProperty('Access-Control-Allow-Credentials');
    expect(crossOriginHeaders(requestFacts({ origin: 'null' }), { allowOrigins: ['null'] })).toMatchObject({
      'Access-Control-Allow-Origin': 'null',
    });
  });
});

it('tells the question of a browser from other requests', () => {
  const question = { method: 'OPTIONS', origin: APP, preflightMethod: 'POST' };
  expect(isPreflight(requestFacts(question))).toBe(true);
  expect(isPreflight(requestFacts({ ...question, method: 'GET' }))).toBe(false);
  expect(isPreflight(requestFacts({ ...question, preflightMethod: undefined }))).toBe(false);
  expect(isPreflight(requestFacts({ ...question, origin: undefined }))).toBe(false);
});
