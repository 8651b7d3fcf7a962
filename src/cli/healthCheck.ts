import type { CliCommand, CommandContext } from './cliTypes.js';
import { ownToken } from './ownToken.js';
import { gatewayUrl, httpUrl } from './gatewayUrl.js';

/** Longest wait for the health of a gateway. */
const TIMEOUT_MS = 3000;

/** `health-check`: whether a gateway runs and reaches its node. */
export const healthCheckCommand: CliCommand = {
  name: 'health-check',
  worksUnread: true,
  words: [],
  pattern: '',
  summary: 'Ask a gateway whether it reaches its node: exit code 0 if so, else 1. Made for Docker.',
  ownFlags: [],
  examples: [['$0 health-check --url http://127.0.0.1:8765', 'the gateway of this machine']],
  run,
};

async function run(context: CommandContext): Promise<number> {
  const url = httpUrl(gatewayUrl(context.settings), '/health');
  const { healthy, line } = await askHealth(url, ownToken(context)?.now);
  context.stdout.write(`${line}\n`);
  return healthy ? 0 : 1;
}

async function askHealth(
  url: URL,
  token: string | undefined,
): Promise<{ readonly healthy: boolean; readonly line: string }> {
  let body: unknown;
  try {
    // The status is not looked at: a gateway without a node may answer 503 and says in the body what is wrong.
    const response = await fetch(url, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    });
    if (response.status === 401) {
      return { healthy: false, line: `unhealthy: the gateway at ${url.href} does not take this token` };
    }
    body = await response.json();
  } catch (error) {
    return { healthy: false, line: `unhealthy: no health from ${url.href} (${reasonOf(error)})` };
  }
  const health = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
  // A node that answers may still be the wrong one, or one that reads its blocks again.
  if (health['connected'] !== true || health['status'] === 'node_unavailable') {
    const reason = typeof health['reason'] === 'string' ? health['reason'] : 'the node does not answer';
    return { healthy: false, line: `unhealthy: ${reason}` };
  }
  const status = typeof health['status'] === 'string' ? health['status'] : 'connected';
  const tip = health['tip'] as { readonly height?: unknown } | null | undefined;
  const height = typeof tip?.height === 'number' ? `, tip ${tip.height}` : '';
  return { healthy: true, line: `healthy: ${status}${height}` };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const cause = error.cause;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error.name === 'TimeoutError' ? `nothing within ${TIMEOUT_MS} ms` : error.message;
}
