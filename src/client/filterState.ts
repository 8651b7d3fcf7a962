import { FILTER_KEYS, type FilterKey } from '../protocol/filterTypes.js';
import { invalidArgument } from './clientErrors.js';
import type { Filter, FilterChange } from './clientTypes.js';

/** The filter of a subscription, as it is to be on every connection. */
export interface FilterState {
  /** JSON text; `undefined` without a filter. */
  readonly json: string | undefined;
  /**
   * Other keys from now on.
   *
   * @throws GatewayError `GW_ERR_INVALID_ARGUMENT` where there is not one filter with keys.
   */
  update(change: FilterChange): void;
}

/** The filter that a subscription was asked for with. */
export function createFilterState(given: Filter | readonly Filter[] | undefined): FilterState {
  const single = given === undefined || isList(given) ? undefined : given;
  const hasKeys = single !== undefined && FILTER_KEYS.some((member) => single[member] !== undefined);
  const keys = new Map<FilterKey, Set<string>>();
  for (const member of FILTER_KEYS) {
    const list = single?.[member];
    if (list !== undefined) keys.set(member, new Set(list));
  }
  return {
    get json() {
      if (!hasKeys) return given === undefined ? undefined : JSON.stringify(given);
      const lists = [...keys].map(([member, set]) => [member, [...set]] as const);
      return JSON.stringify({ ...single, ...Object.fromEntries(lists) });
    },
    update({ add = {}, remove = {} }) {
      if (!hasKeys) {
        throw invalidArgument('only a subscription with one filter that has keys can be updated');
      }
      for (const member of FILTER_KEYS) {
        const set = keys.get(member) ?? new Set();
        for (const key of remove[member] ?? []) set.delete(key);
        for (const key of add[member] ?? []) set.add(key);
        if (set.size > 0) keys.set(member, set);
      }
    },
  };
}

function isList(given: Filter | readonly Filter[]): given is readonly Filter[] {
  return Array.isArray(given);
}
