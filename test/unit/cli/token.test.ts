import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/runCli.js';
import { findToken, parseTokens } from '../../../src/server/access/tokenFile.js';

async function run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli({ argv: ['token', ...argv], env: {}, stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

describe('evrmore-gateway token', () => {
  it('prints the token, and elsewhere the line that lets it in', async () => {
    const { code, stdout, stderr } = await run('--role', 'user', '--name', 'alice', '--expires', '90d');
    expect(code).toBe(0);
    const token = stdout.trim();
    const parsed = parseTokens(stderr, new Set(['user']));
    expect('ok' in parsed && findToken(parsed.ok, token)).toMatchObject({ role: 'user', name: 'alice' });
    expect(stderr).not.toContain(token);
  });

  it('makes another one each time, that never ends where nothing is said', async () => {
    const [one, other] = [await run('--role', 'admin'), await run('--role', 'admin')];
    expect(one.stdout).not.toBe(other.stdout);
    expect(one.stderr).toMatch(/^[0-9a-f]{64} admin client never\n$/);
  });

  it('says all that is wrong', async () => {
    const { code, stdout, stderr } = await run('--role', 'root', '--name', 'a b', '--expires', 'yesterday');
    expect(code).toBe(1);
    expect(stdout).toBe('');
    for (const words of ['one of anonymous, user, admin', '--name', '--expires'])
      expect(stderr).toContain(words);
    const without = await run();
    expect(without.code).toBe(1);
    expect(without.stderr).toContain('  --role: needs one of anonymous, user, admin, ');
    expect((await run('--role', 'user', '--expires', '2020-01-01T00:00:00Z')).code).toBe(1);
  });
});
