/** How numbers are read. */
export type NumberMode =
  /** Without loss: `bigint` for integers beyond 2^53 - 1, strings for decimals that a `number` cannot hold. */
  | 'lossless'
  /** As `JSON.parse` does: long numbers are rounded. */
  | 'native'
  /** Not at all: data is the text of the JSON, byte for byte. */
  | 'raw';

/** What a JSON text becomes. */
export type JsonValue =
  null | boolean | number | bigint | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
