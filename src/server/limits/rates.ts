import { addressGroup, type ClientAddress } from '../access/clientAddress.js';
import type { Role } from '../access/role.js';
import { createRateTable, type RateTable, type RateVerdict, type TooFast } from './rateTable.js';

/** How much one address may do where its role does not say otherwise. */
export interface RatesOptions {
  /** Messages a second on average over a window; 0 is no limit. */
  readonly messagesPerSecond: number;
  /** Units of cost a second on average over a window; 0 is no limit. */
  readonly costPerSecond: number;
  /** The time over which both are counted. */
  readonly rateWindowMs: number;
  /** Addresses that are remembered for each role. */
  readonly maxRateAddresses: number;
}

/** What one client may do; absent: as much as it likes. */
export interface RateLimits {
  readonly messagesPerSecond: number | undefined;
  readonly costPerSecond: number | undefined;
}

/** What all clients have done lately, by role and address: a client that connects again finds what it has used. */
export interface Rates {
  /** What a client of this role and {@link limitKey} may do. */
  limitsOf(role: Role, key: string): RateLimits;
  /** Takes what a message costs; absent: nothing is counted for this client. */
  take(role: Role, key: string, messages: number, cost: number): Promise<RateVerdict> | undefined;
  /** Counts what an answer turned out to cost. */
  add(role: Role, key: string, cost: number): void;
  stats(): { readonly addresses: number; readonly forgotten: number };
}

/** Key of all programs of the same machine. */
export const LOCAL_KEY = 'local';

/** What a client is counted by: its address, or the /64 around it; programs of the same machine are one. */
export function limitKey({ address, isLocal }: ClientAddress): string {
  return isLocal ? LOCAL_KEY : addressGroup(address);
}

/** What a client that is too fast is told. */
export function rateWords({ unit, retryAfterMs }: TooFast): string {
  const what = unit === 'messages' ? 'messages came' : 'work was asked for';
  return `more ${what} from this address than is allowed; try again in ${retryAfterMs} ms`;
}

/** The HTTP header that says when to try again, in whole seconds. */
export function retryAfter(retryAfterMs: number): Readonly<Record<string, string>> {
  return { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) };
}

/** Nothing done yet. Programs of the same machine are only limited by what their role says itself. */
export function createRates(options: RatesOptions, nowMs?: () => number): Rates {
  /** By name of the role. */
  const tables = new Map<string, RateTable | undefined>();
  const localTables = new Map<string, RateTable | undefined>();

  function limitsOf(role: Role, key: string): RateLimits {
    const usual = (perSecond: number): number | undefined =>
      key === LOCAL_KEY || perSecond === 0 ? undefined : perSecond;
    const own = (perSecond: number | null | undefined, otherwise: number): number | undefined =>
      perSecond === undefined ? usual(otherwise) : (perSecond ?? undefined);
    return {
      messagesPerSecond: own(role.messagesPerSecond, options.messagesPerSecond),
      costPerSecond: own(role.costPerSecond, options.costPerSecond),
    };
  }

  function tableOf(role: Role, key: string): RateTable | undefined {
    const known = key === LOCAL_KEY ? localTables : tables;
    const table = known.get(role.name);
    if (table !== undefined || known.has(role.name)) return table;
    const { messagesPerSecond, costPerSecond } = limitsOf(role, key);
    const inWindow = (perSecond: number | undefined): number | undefined =>
      perSecond === undefined ? undefined : Math.max(1, Math.ceil((perSecond * options.rateWindowMs) / 1000));
    const created =
      messagesPerSecond === undefined && costPerSecond === undefined
        ? undefined
        : createRateTable(
            {
              messages: inWindow(messagesPerSecond),
              cost: inWindow(costPerSecond),
              windowMs: options.rateWindowMs,
              maxAddresses: options.maxRateAddresses,
            },
            nowMs,
          );
    known.set(role.name, created);
    return created;
  }

  return {
    limitsOf,
    take: (role, key, messages, cost) => tableOf(role, key)?.take(key, messages, cost),
    add(role, key, cost) {
      tableOf(role, key)?.add(key, cost);
    },
    stats() {
      let [addresses, forgotten] = [0, 0];
      for (const table of [...tables.values(), ...localTables.values()]) {
        addresses += table?.addresses ?? 0;
        forgotten += table?.forgotten ?? 0;
      }
      return { addresses, forgotten };
    },
  };
}
