import type { ClientStatus } from '../client/index.js';
import { GatewayError } from '../protocol/gatewayError.js';
import type { Output } from './cliTypes.js';
import { describeNoGateway } from './describeNoGateway.js';

/** Who is told of what. */
export interface StatusReport {
  /** Where the gateway is, as WebSocket. */
  readonly url: string;
  /** What was subscribed to: the connection is told when the gateway has taken all of it. */
  readonly topics: readonly string[];
  readonly stderr: Output;
  /** Another attempt would not help, before there was any connection: somebody has to change something. */
  readonly giveUp: (error: GatewayError) => void;
  /** Milliseconds of a monotonic clock; `performance.now` if absent. */
  readonly nowMs?: () => number;
}

/** Least time between two lines about an absence for the same reason. */
const SAME_ABSENCE_EVERY_MS = 60_000;

/** Tells a person how the connection is, until the client is closed. */
export async function tellStatuses(
  statuses: AsyncIterable<ClientStatus>,
  report: StatusReport,
): Promise<void> {
  const { url, topics, stderr, giveUp, nowMs = () => performance.now() } = report;
  let isConnected = false;
  let wasEverConnected = false;
  let unanswered = new Set<string>();
  /** When the connection ended, or the first attempt failed. */
  let absentSinceMs: number | undefined;
  /** When each reason was told last, since then. */
  const toldAtMs = new Map<string, number>();
  for await (const status of statuses) {
    switch (status.state) {
      case 'connected':
        isConnected = true;
        wasEverConnected = true;
        unanswered = new Set(topics);
        break;
      case 'live':
      case 'catching_up':
        if (unanswered.delete(status.topic) && unanswered.size === 0) {
          stderr.write(`connected to ${url}\n`);
          absentSinceMs = undefined;
        }
        if (status.state === 'catching_up') {
          stderr.write(`${status.topic}: at block ${status.height} of ${status.targetHeight}\n`);
        }
        break;
      case 'disconnected': {
        // The end of the command tells the rest.
        if (status.retryInMs === undefined) break;
        const { words, mayPass } = describeEnd(status, url, isConnected);
        if (!mayPass && !wasEverConnected) {
          giveUp(new GatewayError(words, { code: 'GW_ERR_GATEWAY_UNREACHABLE' }));
          return;
        }
        const now = nowMs();
        if (isConnected || absentSinceMs === undefined) toldAtMs.clear();
        absentSinceMs ??= now;
        // Each attempt fails for the same reason, until one does not.
        const toldAt = toldAtMs.get(words);
        if (toldAt === undefined || now - toldAt >= SAME_ABSENCE_EVERY_MS) {
          const still =
            toldAt === undefined ? 'trying again' : `still trying, for ${inWords(now - absentSinceMs)}`;
          stderr.write(`${words}; ${still}\n`);
          toldAtMs.set(words, now);
        }
        isConnected = false;
        break;
      }
      default:
    }
  }
}

/** Whole minutes, and hours from two on. */
function inWords(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

function describeEnd(
  { code, reason }: Extract<ClientStatus, { state: 'disconnected' }>,
  url: string,
  isConnected: boolean,
): { readonly words: string; readonly mayPass: boolean } {
  if (!isConnected) return describeNoGateway(url, reason === '' ? String(code) : reason);
  return { words: `the connection ended (${code}${reason === '' ? '' : `, ${reason}`})`, mayPass: true };
}
