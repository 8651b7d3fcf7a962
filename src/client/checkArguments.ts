import { GatewayError } from '../protocol/gatewayError.js';
import { parseTopic } from '../protocol/topics.js';
import { invalidArgument } from './clientErrors.js';
import type { From } from './clientTypes.js';
import type { BlockPoint } from './eventData.js';

/** Most points in a `from`. */
const MAX_POINTS = 64;
const HASH = /^[0-9a-f]{64}$/;

/**
 * The address to connect to: `http` becomes `ws`, `https` becomes `wss`.
 *
 * @throws GatewayError `GW_ERR_INVALID_ARGUMENT` when it is no such address.
 */
export function checkUrl(url: string | URL): string {
  const parsed = URL.canParse(String(url)) ? new URL(url) : undefined;
  if (parsed === undefined || !/^(?:ws|http)s?:$/.test(parsed.protocol)) {
    throw invalidArgument('the address of a gateway looks like ws://127.0.0.1:8765');
  }
  return parsed.href.replace(/^http/, 'ws');
}

/**
 * A `from` that can be sent.
 *
 * @throws GatewayError `GW_ERR_INVALID_ARGUMENT`.
 */
export function checkFrom(from: From): void {
  if (typeof from === 'string') {
    if (from === '' || from.length > 200)
      throw invalidArgument('"from" is no cursor; use one as it came, or "genesis"');
  } else if (typeof from === 'number') {
    checkHeight(from);
  } else {
    const points: readonly BlockPoint[] = 'height' in from ? [from] : from;
    if (points.length === 0 || points.length > MAX_POINTS) {
      throw invalidArgument(`"from" takes 1 to ${MAX_POINTS} blocks`);
    }
    for (const { height, hash } of points) {
      checkHeight(height);
      if (!HASH.test(hash)) throw invalidArgument('the hash of a block has 64 lower-case hex digits');
    }
  }
}

function checkHeight(height: number): void {
  if (!Number.isSafeInteger(height) || height < 0) {
    throw invalidArgument('the height of a block is a whole number from 0');
  }
}

/**
 * Topic names that can be subscribed to together, beside the topics that are taken. Unknown names are for the gateway to refuse: a later one may know more.
 *
 * @throws GatewayError `GW_ERR_INVALID_ARGUMENT` for none, `GW_ERR_TOPIC_TAKEN` for one that comes twice.
 */
export function checkTopics(names: readonly string[], taken: ReadonlySet<string>): void {
  if (names.length === 0) throw invalidArgument('name at least one topic');
  const seen = new Set(taken);
  for (const name of names) {
    for (const topic of parseTopic(name) ?? [name]) {
      if (seen.has(topic)) {
        throw new GatewayError(
          `${topic} is subscribed to already; end that subscription first, or connect another client`,
          { code: 'GW_ERR_TOPIC_TAKEN' },
        );
      }
      seen.add(topic);
    }
  }
}
