import type { Connection } from '../connection.js';
import { oldestPosition, type Reader } from './reader.js';

/** A client that is behind. */
export interface LaggingClient {
  readonly id: number;
  /** Events of the log after the oldest place at which it stands, wanted or not. */
  readonly eventsBehind: number;
  readonly unsentBytes: number;
}

/** How far clients are behind the log. */
export interface Lag {
  /** Clients with topics behind, by what is to become of these topics; one with several counts in each. */
  readonly byPolicy: Readonly<Record<'catch_up' | 'latest' | 'drop', number>>;
  /** The furthest behind, first; at most {@link MAX_LISTED}. */
  readonly worst: readonly LaggingClient[];
}

/** Clients that are listed one by one. */
export const MAX_LISTED = 10;

/** Looks at all clients that are behind. */
export function describeLag(
  behind: Iterable<{ readonly connection: Pick<Connection, 'id' | 'unsentBytes'>; readonly reader: Reader }>,
  headSeq: number,
): Lag {
  const byPolicy = { catch_up: 0, latest: 0, drop: 0 };
  const listed: LaggingClient[] = [];
  for (const { connection, reader } of behind) {
    const held = reader.held.reduce((mask, part) => mask | part.mask, 0);
    if (reader.behind.length > 0) byPolicy.catch_up += 1;
    if ((held & reader.policies.latest) !== 0) byPolicy.latest += 1;
    if ((held & reader.policies.drop) !== 0) byPolicy.drop += 1;
    const seq = oldestPosition(reader)?.seq ?? headSeq;
    listed.push({
      id: connection.id,
      eventsBehind: Math.max(0, headSeq - seq),
      unsentBytes: connection.unsentBytes(),
    });
  }
  return { byPolicy, worst: furthestFirst(listed) };
}

/** The same of several hubs: a client that is behind in more than one is listed once, where it is furthest. */
export function mergeLags(lags: readonly Lag[]): Lag {
  const byPolicy = { catch_up: 0, latest: 0, drop: 0 };
  const furthest = new Map<number, LaggingClient>();
  for (const lag of lags) {
    byPolicy.catch_up += lag.byPolicy.catch_up;
    byPolicy.latest += lag.byPolicy.latest;
    byPolicy.drop += lag.byPolicy.drop;
    for (const client of lag.worst) {
      const known = furthest.get(client.id);
      if (known === undefined || known.eventsBehind < client.eventsBehind) furthest.set(client.id, client);
    }
  }
  return { byPolicy, worst: furthestFirst([...furthest.values()]) };
}

function furthestFirst(clients: LaggingClient[]): readonly LaggingClient[] {
  clients.sort((a, b) => b.eventsBehind - a.eventsBehind || b.unsentBytes - a.unsentBytes);
  return clients.slice(0, MAX_LISTED);
}
