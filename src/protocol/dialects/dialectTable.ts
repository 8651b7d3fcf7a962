import type { Dialect } from './dialect.js';
import { JSON_RPC_1, JSON_RPC_2 } from './jsonRpc.js';
import { NATIVE } from './native.js';
import { STREAMS } from './streams.js';
import { ZION } from './zion.js';

/** Every dialect, in the order in which they are asked to read a message: the first that knows its shape reads it. */
export const DIALECTS: readonly Dialect[] = [NATIVE, JSON_RPC_2, JSON_RPC_1, STREAMS, ZION];

/** Whether requests of this dialect may be sent over HTTP and in a batch. */
export function isBatchDialect(dialect: Dialect): boolean {
  return BATCH_DIALECTS.includes(dialect);
}

/** Those that the items of a batch may be in. */
export const BATCH_DIALECTS: readonly Dialect[] = [JSON_RPC_2, JSON_RPC_1];
