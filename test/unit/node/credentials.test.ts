import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCookieCredentials, createFixedCredentials } from '../../../src/node/credentials.js';

describe('createFixedCredentials', () => {
  it('returns what it was given', async () => {
    const source = createFixedCredentials({ user: 'u', password: 'p:w' });
    expect(await source.read({ refresh: true })).toStrictEqual({ user: 'u', password: 'p:w' });
  });
});

describe('createCookieCredentials', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cookie-'));
    path = join(folder, '.cookie');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('reads user and password, and keeps them until it is asked to read again', async () => {
    const source = createCookieCredentials(path);
    await writeFile(path, `__cookie__:${'a'.repeat(64)}`);
    expect(await source.read()).toStrictEqual({ user: '__cookie__', password: 'a'.repeat(64) });
    await writeFile(path, `__cookie__:${'b'.repeat(64)}`);
    expect((await source.read()).password).toBe('a'.repeat(64));
    expect((await source.read({ refresh: true })).password).toBe('b'.repeat(64));
    expect((await source.read()).password).toBe('b'.repeat(64));
  });

  it('takes a colon within the password, and a line feed behind it', async () => {
    await writeFile(path, 'u:p:w\n');
    expect(await createCookieCredentials(path).read()).toStrictEqual({ user: 'u', password: 'p:w' });
  });

  it('says when the file is missing, and reads it once it is there', async () => {
    const source = createCookieCredentials(path);
    await expect(source.read()).rejects.toMatchObject({
      code: 'GW_ERR_CREDENTIALS',
      reason: 'missing',
      retryable: true,
    });
    await writeFile(path, 'u:p');
    expect(await source.read()).toStrictEqual({ user: 'u', password: 'p' });
  });

  it('forgets the old cookie when it cannot be read again', async () => {
    const source = createCookieCredentials(path);
    await writeFile(path, 'u:p');
    await source.read();
    await rm(path);
    await expect(source.read({ refresh: true })).rejects.toMatchObject({ reason: 'missing' });
    await expect(source.read()).rejects.toMatchObject({ reason: 'missing' });
  });

  it.each(['', 'secretpassword', ':p', 'u:', 'u:p\nrpcuser=x', `u:${'x'.repeat(2_000)}`])(
    'refuses a file that holds %j, without repeating it',
    async (content) => {
      await writeFile(path, content);
      const error = await createCookieCredentials(path)
        .read()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ reason: 'malformed' });
      if (content.length > 8) expect(String(error)).not.toContain(content.slice(0, 12));
    },
  );

  it('says that a folder cannot be read', async () => {
    await expect(createCookieCredentials(folder).read()).rejects.toMatchObject({ reason: 'unreadable' });
  });
});
