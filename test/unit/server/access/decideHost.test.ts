import { describe, expect, it } from 'vitest';
import { decideHost, hostName } from '../../../../src/server/access/decideHost.js';
import { requestFacts } from '../../../support/requestFacts.js';

const rules = { listenHost: 'Node7', allowHosts: ['gateway.example.org'] };
const refused = (host: string, allowHosts = rules.allowHosts): boolean =>
  decideHost(requestFacts({ host }), { ...rules, allowHosts }) !== undefined;

describe('the host that a request names', () => {
  it.each([
    '127.0.0.1:8765',
    'localhost',
    'LOCALHOST:8765',
    'page.localhost:1',
    '[::1]:8765',
    '[2001:db8::1]',
    '192.168.1.5:8765',
    'node7:8765',
    'gateway.example.org',
    'Gateway.Example.ORG.:443',
  ])('may be %s', (host) => {
    expect(refused(host)).toBe(false);
  });

  it.each([
    'evil.example',
    'evil.example:8765',
    'localhost.evil.example',
    'gateway.example.org.evil.example',
    'evil.example/localhost',
    'user@localhost',
    'localhost:8765:1',
    '127.0.0.1.evil.example',
    '',
    ' ',
    '[::1',
    '[evil.example]',
  ])('may not be %j', (host) => {
    expect(refused(host)).toBe(true);
  });

  it('may be absent, as in HTTP/1.0, which no browser speaks', () => {
    expect(decideHost(requestFacts({ host: undefined }), rules)).toBeUndefined();
  });

  it('may be any name where the operator says so', () => {
    expect(refused('evil.example', ['*'])).toBe(false);
  });

  it('is not repeated to who is refused', () => {
    expect(decideHost(requestFacts({ host: 'evil.example' }), rules)?.message).not.toContain('evil');
  });

  it('is read without port, brackets and the last dot', () => {
    expect(['[::1]:80', 'A.b.:9', 'x'].map(hostName)).toEqual(['::1', 'a.b', 'x']);
  });
});
