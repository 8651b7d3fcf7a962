import { wrongShape } from './readNodeAnswer.js';
import { RpcReplyError, type RawJson, type RpcOutcome } from './rpcTypes.js';

/** RPC code of evrmored for "not found" (blocks, transactions, mempool entries). */
export const NOT_FOUND = -5;
/** RPC code for a parameter out of range, such as a height above the tip. */
export const OUT_OF_RANGE = -8;
/** RPC code for everything else, among it "Block not available (pruned data)". */
export const MISCELLANEOUS = -1;

/** The outcome of a call of a batch, which has one for each. */
export function required(outcome: RpcOutcome | undefined): RpcOutcome {
  if (outcome === undefined) throw wrongShape('a batch', 'one answer for each call');
  return outcome;
}

/** The result of a call that cannot fail on a sound node; throws the node's error. */
export function mustResult(outcome: RpcOutcome): RawJson {
  if (outcome.type === 'error') throw outcome.error;
  return outcome.result;
}

/** The result of a call, or `undefined` where the node answers with one of these codes; throws other errors of the node. */
export function resultOr(outcome: RpcOutcome, absentCodes: readonly number[]): RawJson | undefined {
  if (outcome.type === 'result') return outcome.result;
  if (absentCodes.includes(outcome.error.rpcCode)) return undefined;
  throw outcome.error;
}

/** The same for a single call. */
export async function orUndefined<T>(
  promise: Promise<T>,
  absentCodes: readonly number[],
): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof RpcReplyError && absentCodes.includes(error.rpcCode)) return undefined;
    throw error;
  }
}
