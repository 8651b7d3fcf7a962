/** A number with the digits that were sent: it may be beyond 2^53. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

/** A value that was read without losing anything. */
export type JsonValue =
  null | boolean | string | JsonNumber | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

/** Values deeper than this are refused, as the node refuses them (univalue: 512). */
const MAX_DEPTH = 512;

/** Reads JSON with numbers as they stand. Throws a SyntaxError; nothing may follow the value. */
export function parseJson(text: string): JsonValue {
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError(`not JSON at ${at}`);
  };
  const space = (): void => {
    while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1;
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const string = (): string => {
    const raw = take(/"(?:[^"\\]|\\.)*"/suy) ?? fail();
    return JSON.parse(raw) as string;
  };
  const list = (close: string, item: () => void): void => {
    at += 1;
    space();
    if (text.charAt(at) === close) {
      at += 1;
      return;
    }
    for (;;) {
      item();
      space();
      const mark = text.charAt(at);
      at += 1;
      if (mark === close) return;
      if (mark !== ',') fail();
    }
  };
  const value = (depth: number): JsonValue => {
    if (depth > MAX_DEPTH) fail();
    space();
    const first = text.charAt(at);
    if (first === '"') return string();
    if (first === '[') {
      const items: JsonValue[] = [];
      list(']', () => items.push(value(depth + 1)));
      return items;
    }
    if (first === '{') {
      const members = new Map<string, JsonValue>();
      list('}', () => {
        space();
        if (text.charAt(at) !== '"') fail();
        const key = string();
        space();
        if (text.charAt(at) !== ':') fail();
        at += 1;
        members.set(key, value(depth + 1));
      });
      return members;
    }
    const word = take(/true|false|null/uy);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    return new JsonNumber(take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy) ?? fail());
  };
  const result = value(0);
  space();
  if (at < text.length) fail();
  return result;
}

/** Prints a value compactly, numbers with the digits that they were read with. */
export function printJson(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text;
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Map) {
    const members = value as ReadonlyMap<string, JsonValue>;
    return `{${[...members].map(([key, member]) => `${JSON.stringify(key)}:${printJson(member)}`).join(',')}}`;
  }
  return `[${(value as readonly JsonValue[]).map(printJson).join(',')}]`;
}

/** An object of members that are JSON text already, in this order; undefined ones are left out. Keys need no escapes. */
export function jsonObject(members: readonly (readonly [key: string, text: string | undefined])[]): string {
  let object = '';
  for (const [key, text] of members) {
    if (text !== undefined) object += `${object === '' ? '' : ','}"${key}":${text}`;
  }
  return `{${object}}`;
}

/** A JSON string. */
export const jsonString = (text: string): string => JSON.stringify(text);

/** An array of items that are JSON text already. */
export const jsonArray = (items: readonly string[]): string => `[${items.join(',')}]`;

/** 10^-8 as the node prints amounts: a bare number with 8 decimals. */
export function jsonAmount(sat: bigint): string {
  return jsonDecimals(sat, 8);
}

/** 10^-8 with fewer decimals, as asset RPCs print amounts; the digits left out are zeros. */
export function jsonDecimals(sat: bigint, decimals: number): string {
  const digits = (sat < 0n ? -sat : sat).toString().padStart(9, '0');
  const whole = `${sat < 0n ? '-' : ''}${digits.slice(0, -8)}`;
  return decimals === 0 ? whole : `${whole}.${digits.slice(-8).slice(0, decimals)}`;
}
