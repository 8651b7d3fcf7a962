import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

/** Who may call. */
export interface RpcCredentials {
  /** `user:password` to put into a URL, if there is a password. */
  readonly userInfo: string | undefined;
  /** Writes a new cookie, if there is a cookie file. Called at every start. */
  renew(): Promise<void>;
  /** Removes the cookie, as the node does when it ends. */
  remove(): Promise<void>;
  /** Whether an Authorization header is right. Always, where neither a password nor a cookie was asked for. */
  accepts(authorization: string): boolean;
  readonly required: boolean;
}

/** A password or else a cookie file: a cookie is written only without a password, as by the node (`httprpc.cpp:212-228`). */
export function createRpcCredentials(options: {
  readonly rpcUser?: string | undefined;
  readonly rpcPassword?: string | undefined;
  readonly cookieFile?: string | undefined;
}): RpcCredentials {
  const { rpcPassword, cookieFile } = options;
  const user = options.rpcUser ?? 'user';
  const hasPassword = rpcPassword !== undefined && rpcPassword !== '';
  let secret = hasPassword ? `${user}:${rpcPassword}` : undefined;
  return {
    userInfo: hasPassword ? `${encodeURIComponent(user)}:${encodeURIComponent(rpcPassword)}` : undefined,
    required: hasPassword || cookieFile !== undefined,
    async renew() {
      if (hasPassword || cookieFile === undefined) return;
      secret = `__cookie__:${randomBytes(32).toString('hex')}`;
      await writeFile(`${cookieFile}.tmp`, secret, { mode: 0o600 });
      await rename(`${cookieFile}.tmp`, cookieFile);
    },
    async remove() {
      if (!hasPassword && cookieFile !== undefined) await rm(cookieFile, { force: true });
    },
    accepts(authorization) {
      if (!hasPassword && cookieFile === undefined) return true;
      if (secret === undefined) return false;
      const given = Buffer.from(authorization);
      const wanted = Buffer.from(`Basic ${Buffer.from(secret).toString('base64')}`);
      return given.length === wanted.length && timingSafeEqual(given, wanted);
    },
  };
}
