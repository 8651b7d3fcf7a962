import { describe, expect, it } from 'vitest';
import {
  findToken,
  hashToken,
  newToken,
  parseTokens,
  printTokenLine,
} from '../../../../src/server/access/tokenFile.js';

const ROLES = new Set(['user', 'admin']);
const token = newToken();
const line = printTokenLine({ hash: hashToken(token), role: 'user', name: 'alice', expiresAtMs: undefined });

describe('the file of tokens', () => {
  it('gives back what was printed, and holds no token', () => {
    const expiresAtMs = Date.UTC(2030, 0, 31);
    const text = `# ours\n\n${line}\r\n${printTokenLine({ hash: hashToken('b'), role: 'admin', name: 'b', expiresAtMs })}\n`;
    expect(parseTokens(text, ROLES)).toEqual({
      ok: [
        { hash: hashToken(token), role: 'user', name: 'alice', expiresAtMs: undefined },
        { hash: hashToken('b'), role: 'admin', name: 'b', expiresAtMs },
      ],
    });
    expect(text).not.toContain(token);
  });

  it.each([
    ['a token instead of its hash', `${token} user alice never`, 'SHA-256'],
    ['a hash that is too short', line.slice(2), 'SHA-256'],
    ['an unknown role', line.replace(' user ', ' root '), 'role'],
    ['no name', line.replace(' alice never', ''), 'name'],
    ['no end', line.replace(' never', ''), 'end'],
    ['an end without a zone', line.replace('never', '2030-01-01T00:00:00'), 'end'],
    ['an end that is none', line.replace('never', '2030-13-01T00:00:00Z'), 'end'],
    ['too much', `${line} more`, 'end'],
  ])('is broken by %s, which is told without repeating the line', (_what, text, words) => {
    const parsed = parseTokens(`${line}\n${text}\n`, ROLES);
    const [problem = ''] = 'problems' in parsed ? parsed.problems : [];
    expect(problem).toMatch(/^line 2: /);
    expect(problem).toContain(words);
    expect(problem).not.toContain(token.slice(0, 12));
  });

  it('is searched for the whole token and nothing else', () => {
    const parsed = parseTokens(line, ROLES);
    const entries = 'ok' in parsed ? parsed.ok : [];
    expect(findToken(entries, token)?.name).toBe('alice');
    for (const wrong of [
      '',
      token.slice(1),
      `${token} `,
      token.toUpperCase(),
      hashToken(token).toString('hex'),
    ]) {
      expect(findToken(entries, wrong)).toBeUndefined();
    }
  });

  it('gets tokens of 256 random bits that a browser can send', () => {
    const tokens = new Set(Array.from({ length: 100 }, newToken));
    expect(tokens.size).toBe(100);
    for (const each of tokens) expect(each).toMatch(/^egw_[A-Za-z0-9_-]{43}$/);
  });
});
