import { amountToSats } from './amount.js';
import { TRANSACTION_STATUSES, type TransactionStatus } from './events.js';
import { excerpt } from './excerpt.js';
import {
  FILTER_KEYS,
  type FilteredTopic,
  type FilterKey,
  type FilterKeys,
  type FilterRule,
} from './filterTypes.js';
import { elementSpans, memberSpans } from './jsonSpans.js';

/** Most filters in a list. */
export const MAX_FILTER_RULES = 16;

/** Either what was read, or for the client what is wrong. */
export type ParsedFilter =
  | { readonly type: 'filter'; readonly rules: readonly FilterRule[] }
  | { readonly type: 'invalid'; readonly message: string };

/** As {@link ParsedFilter}, for the `add` and `remove` of an update. */
export type ParsedKeys =
  | { readonly type: 'keys'; readonly keys: FilterKeys }
  | { readonly type: 'invalid'; readonly message: string };

/** What a key may look like, roughly: the node knows better, and a key that nothing has matches nothing. */
const KEY_FORMS: Readonly<Record<FilterKey, { readonly form: RegExp; readonly words: string }>> = {
  addresses: { form: /^[1-9A-HJ-NP-Za-km-z]{25,36}$/, words: 'an address: 25 to 36 base58 characters' },
  assets: {
    form: /^(?!.*\*.*\*)[-A-Za-z0-9@$%&*()[\]{}_.?:#/~!^]{1,32}$/,
    words: 'an asset: a name such as ORG, or a pattern with one * such as ORG/* or *#TAG, 1 to 32 characters',
  },
  txids: { form: /^[0-9a-f]{64}$/, words: 'a txid: 64 lower-case hex digits' },
  outpoints: {
    form: /^[0-9a-f]{64}:(?:0|[1-9]\d{0,9})$/,
    words: 'an outpoint: txid:n, with n the index of the output',
  },
};

const MEMBERS = [...FILTER_KEYS, 'min_amount', 'status'] as const;
/** `final` is told on a topic of its own. */
const STATUSES = TRANSACTION_STATUSES.filter((status) => status !== 'final');

class Wrong extends Error {}

/**
 * Reads the `filter` of a subscription to `topic`: one object, or a list of them. `filterJson` is valid JSON text; amounts are read
 * from it, so that they keep their digits.
 */
export function parseFilter(filterJson: string, topic: FilteredTopic): ParsedFilter {
  try {
    const value: unknown = JSON.parse(filterJson);
    if (!Array.isArray(value))
      return { type: 'filter', rules: [readRule(filterJson, value, '"filter"', topic)] };
    if (value.length === 0 || value.length > MAX_FILTER_RULES) {
      throw new Wrong(`a list of filters has 1 to ${MAX_FILTER_RULES} of them`);
    }
    const texts = elementSpans(filterJson);
    return {
      type: 'filter',
      rules: value.map((one: unknown, index) =>
        readRule(texts[index] ?? '', one, `"filter"[${index}]`, topic),
      ),
    };
  } catch (error) {
    return invalid(error);
  }
}

/** Reads the `add` or `remove` of an update: an object of keys. */
export function parseFilterKeys(json: string, member: 'add' | 'remove'): ParsedKeys {
  try {
    const value: unknown = JSON.parse(json);
    const where = `"${member}"`;
    if (!isObject(value)) throw new Wrong(`${where} must be an object of keys: ${FILTER_KEYS.join(', ')}`);
    for (const name of Object.keys(value)) {
      if (name === 'min_amount' || name === 'status') {
        throw new Wrong(`${where}.${name} cannot be changed in place: subscribe anew with another filter`);
      }
      if (!isKeyName(name)) throw unknownMember(where, name, FILTER_KEYS);
    }
    return { type: 'keys', keys: readKeys(value, where) };
  } catch (error) {
    return invalid(error);
  }
}

function readRule(text: string, value: unknown, where: string, topic: FilteredTopic): FilterRule {
  if (!isObject(value)) {
    throw new Wrong(`${where} must be an object such as {"addresses":["…"]}, or a list of such objects`);
  }
  const names = Object.keys(value);
  if (names.length === 0) throw new Wrong(`${where} is empty: subscribe without it to get everything`);
  const unknown = names.find((name) => !MEMBERS.some((known) => known === name));
  if (unknown !== undefined) throw unknownMember(where, unknown, MEMBERS);
  const hasKeys = names.some(isKeyName);
  const amountText = memberSpans(text).get('min_amount');
  return {
    ...(hasKeys ? { keys: readKeys(value, where) } : {}),
    ...(amountText === undefined
      ? {}
      : { minAmountSats: readAmount(amountText, value['min_amount'], where) }),
    ...(value['status'] === undefined ? {} : { statuses: readStatuses(value['status'], where, topic) }),
  };
}

function readKeys(value: Readonly<Record<string, unknown>>, where: string): FilterKeys {
  const keys: Partial<Record<FilterKey, readonly string[]>> = {};
  for (const member of FILTER_KEYS) {
    const list = value[member];
    if (list === undefined) continue;
    const path = `${where}.${member}`;
    if (!Array.isArray(list)) throw new Wrong(`${path} must be a list of strings`);
    keys[member] = [
      ...new Set(list.map((entry: unknown, index) => readKey(entry, member, `${path}[${index}]`))),
    ];
  }
  return keys;
}

function readKey(entry: unknown, member: FilterKey, path: string): string {
  const { form, words } = KEY_FORMS[member];
  if (typeof entry !== 'string') throw new Wrong(`${path} must be a string: ${words}`);
  if (!form.test(entry)) throw new Wrong(`${path} "${excerpt(entry)}" is not ${words}`);
  if (member === 'assets' && entry === 'EVR') {
    throw new Wrong(`${path} "EVR" is the coin, not an asset: "min_amount" without "assets" is about EVR`);
  }
  return entry;
}

function readAmount(text: string, value: unknown, where: string): bigint {
  const digits = typeof value === 'string' ? value : text;
  const sats = typeof value === 'string' || typeof value === 'number' ? amountToSats(digits) : undefined;
  if (sats === undefined || sats.startsWith('-')) {
    throw new Wrong(
      `${where}.min_amount must be an amount such as "1000.5": up to 19 digits before and 8 after the point, no sign, no exponent`,
    );
  }
  return BigInt(sats);
}

function readStatuses(value: unknown, where: string, topic: FilteredTopic): readonly TransactionStatus[] {
  if (topic === 'blocks') {
    throw new Wrong(`${where}.status does not go with blocks: their transactions are confirmed with them`);
  }
  const path = `${where}.status`;
  if (!Array.isArray(value) || value.length === 0) {
    throw new Wrong(`${path} must be a list of one or more of ${STATUSES.join(', ')}`);
  }
  return value.map((entry: unknown, index) => {
    const status = STATUSES.find((known) => known === entry);
    if (status !== undefined) return status;
    const shown = typeof entry === 'string' ? ` "${excerpt(entry)}"` : '';
    throw new Wrong(`${path}[${index}]${shown} is not one of ${STATUSES.join(', ')}`);
  });
}

function isKeyName(name: string): name is FilterKey {
  return FILTER_KEYS.some((known) => known === name);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownMember(where: string, name: string, known: readonly string[]): Wrong {
  return new Wrong(`${where} has no member "${excerpt(name)}"; it may have ${known.join(', ')}`);
}

function invalid(error: unknown): { readonly type: 'invalid'; readonly message: string } {
  if (error instanceof Wrong) return { type: 'invalid', message: error.message };
  throw error;
}
