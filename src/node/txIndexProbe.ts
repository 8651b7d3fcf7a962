import { RpcReplyError, type RawJson } from './rpcTypes.js';

/** Whether the node keeps a transaction index (`txindex=1`), found out when it is first asked. */
export interface TxIndexProbe {
  /** Rejects as the node's calls do. */
  isMissing(): Promise<boolean>;
  /** The node was restarted: it may have an index now. */
  forget(): void;
}

/** RPC code of evrmored for a transaction that it does not find. */
const NOT_FOUND = -5;
/** No transaction has this id. */
const NO_TXID = 'f'.repeat(64);
/** What evrmored says of a transaction that it does not find, if it has no index (`rpc/rawtransaction.cpp`). */
const ADVICE = 'Use -txindex';

/**
 * Asks once for a transaction that cannot be. A node without an index looks through a million places of unspent outputs before
 * it says no: about half a second on a chain without traffic, and as much again for each transaction of a batch. So it is asked
 * for one, and then for no more that may be missing.
 */
export function createTxIndexProbe(getRawTransaction: (txid: string) => Promise<RawJson>): TxIndexProbe {
  let answer: Promise<boolean> | undefined;

  const ask = async (): Promise<boolean> => {
    try {
      await getRawTransaction(NO_TXID);
      return false;
    } catch (error) {
      if (error instanceof RpcReplyError && error.rpcCode === NOT_FOUND)
        return error.rpcMessage.includes(ADVICE);
      answer = undefined;
      throw error;
    }
  };

  return {
    isMissing: () => (answer ??= ask()),
    forget() {
      answer = undefined;
    },
  };
}
