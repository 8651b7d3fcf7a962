import type { Lag, LaggingClient } from '../../observe/serverFigures.js';
import type { Connection } from '../connection.js';
import { oldestPosition, type Reader } from './reader.js';

/** Those who are behind one log. */
export interface LaggingReaders {
  readonly behind: Iterable<{
    readonly connection: Pick<Connection, 'id' | 'unsentBytes'>;
    readonly reader: Reader;
  }>;
  readonly headSeq: number;
}

/** Clients that are listed one by one. */
export const MAX_LISTED = 10;

/** Looks at all clients that are behind. Each is listed once, where it is furthest. */
export function describeLag(logs: readonly LaggingReaders[]): Lag {
  const furthest = new Map<number, LaggingClient>();
  const byPolicy = { catch_up: new Set<number>(), latest: new Set<number>(), drop: new Set<number>() };
  for (const { behind, headSeq } of logs) {
    for (const { connection, reader } of behind) {
      const { id } = connection;
      const held = reader.held.reduce((mask, part) => mask | part.mask, 0);
      if (reader.behind.length > 0) byPolicy.catch_up.add(id);
      if ((held & reader.policies.latest) !== 0) byPolicy.latest.add(id);
      if ((held & reader.policies.drop) !== 0) byPolicy.drop.add(id);
      const eventsBehind = Math.max(0, headSeq - (oldestPosition(reader)?.seq ?? headSeq));
      const known = furthest.get(id);
      if (known === undefined || known.eventsBehind < eventsBehind) {
        furthest.set(id, { id, eventsBehind, unsentBytes: connection.unsentBytes() });
      }
    }
  }
  const { catch_up, latest, drop } = byPolicy;
  return {
    clients: furthest.size,
    byPolicy: { catch_up: catch_up.size, latest: latest.size, drop: drop.size },
    worst: furthestFirst([...furthest.values()]),
  };
}

function furthestFirst(clients: LaggingClient[]): readonly LaggingClient[] {
  clients.sort((a, b) => b.eventsBehind - a.eventsBehind || b.unsentBytes - a.unsentBytes);
  return clients.slice(0, MAX_LISTED);
}
