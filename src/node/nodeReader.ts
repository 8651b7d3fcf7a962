import type { BlockRecord, NodeReader, TransactionRecord } from './nodeReaderTypes.js';
import {
  readBlock,
  readBlockTransactions,
  readChainInfo,
  readHeader,
  readMempoolTxids,
  readText,
  readTransaction,
} from './readNodeAnswer.js';
import {
  MISCELLANEOUS,
  mustResult,
  NOT_FOUND,
  orUndefined,
  OUT_OF_RANGE,
  required,
  resultOr,
} from './rpcOutcomes.js';
import type { Lane, RpcCall, RpcClient, RpcOutcome } from './rpcTypes.js';
import { createTxIndexProbe } from './txIndexProbe.js';

/** Typed calls over an RPC client, all in one lane. */
export function createNodeReader(rpc: RpcClient, lane: Lane): NodeReader {
  const options = { lane } as const;

  const batch = (calls: readonly RpcCall[]): Promise<readonly RpcOutcome[]> => rpc.batch(calls, options);

  const txIndex = createTxIndexProbe((txid) => rpc.call('getrawtransaction', [txid, true], options));

  /** Those that the node can be asked for without a long search in vain: all, or with no index those in the mempool. */
  const withoutSearch = async (txids: readonly string[]): Promise<readonly string[]> => {
    if (txids.length === 0 || !(await txIndex.isMissing())) return txids;
    const outcomes = await batch(txids.map((txid) => ({ method: 'getmempoolentry', params: [txid] })));
    return txids.filter((_, index) => resultOr(required(outcomes[index]), [NOT_FOUND]) !== undefined);
  };

  const getBlock = async (hashHex: string): Promise<BlockRecord | undefined> => {
    const json = await orUndefined(rpc.call('getblock', [hashHex, 1], options), [NOT_FOUND, MISCELLANEOUS]);
    return json === undefined ? undefined : readBlock(json);
  };

  return {
    async getChainInfo() {
      return readChainInfo(await rpc.call('getblockchaininfo', [], options));
    },

    async getBestBlockHash() {
      return readText(await rpc.call('getbestblockhash', [], options), 'getbestblockhash');
    },

    async getBlockHash(height) {
      const json = await orUndefined(rpc.call('getblockhash', [height], options), [OUT_OF_RANGE]);
      return json === undefined ? undefined : readText(json, 'getblockhash');
    },

    async getBlockHashes(firstHeight, count) {
      const heights = Array.from({ length: count }, (_, index) => firstHeight + index);
      const outcomes = await batch(heights.map((height) => ({ method: 'getblockhash', params: [height] })));
      return outcomes.map((outcome) => {
        const json = resultOr(outcome, [OUT_OF_RANGE]);
        return json === undefined ? undefined : readText(json, 'getblockhash');
      });
    },

    async getHeaders(hashes) {
      const outcomes = await batch(
        hashes.map((hash) => ({ method: 'getblockheader', params: [hash, true] })),
      );
      return outcomes.map((outcome) => {
        const json = resultOr(outcome, [NOT_FOUND]);
        return json === undefined ? undefined : readHeader(json);
      });
    },

    getBlock,

    async getBlocks(hashes) {
      const outcomes = await batch(hashes.map((hash) => ({ method: 'getblock', params: [hash, 1] })));
      return outcomes.map((outcome) => {
        const json = resultOr(outcome, [NOT_FOUND, MISCELLANEOUS]);
        return json === undefined ? undefined : readBlock(json);
      });
    },

    async getTipAndBlock(hashHex, guessedTxids = []) {
      const asked = guessedTxids.length > 0 && (await txIndex.isMissing()) ? [] : guessedTxids;
      const [best, block, ...transactions] = await batch([
        { method: 'getbestblockhash', params: [] },
        { method: 'getblock', params: [hashHex, 1] },
        ...asked.map(getRawTransaction),
      ]);
      const blockJson = resultOr(required(block), [NOT_FOUND, MISCELLANEOUS]);
      return {
        bestHashHex: readText(mustResult(required(best)), 'getbestblockhash'),
        block: blockJson === undefined ? undefined : readBlock(blockJson),
        records: readTransactions(transactions).filter((record) => record !== undefined),
      };
    },

    async getBlockTransactions(hashHex) {
      const json = await orUndefined(rpc.call('getblock', [hashHex, 2], options), [NOT_FOUND, MISCELLANEOUS]);
      return json === undefined ? undefined : readBlockTransactions(json);
    },

    async getTransactions(txids) {
      const asked = await withoutSearch(txids);
      const found = asked.length === 0 ? [] : readTransactions(await batch(asked.map(getRawTransaction)));
      return inOrderOf(txids, asked, found);
    },

    async getTransactionsAndTip(txids) {
      const asked = await withoutSearch(txids);
      const outcomes = await batch([
        ...asked.map(getRawTransaction),
        { method: 'getbestblockhash', params: [] },
      ]);
      return {
        records: inOrderOf(txids, asked, readTransactions(outcomes.slice(0, asked.length))),
        bestHashHex: readText(mustResult(required(outcomes[asked.length])), 'getbestblockhash'),
      };
    },

    forgetTxIndex() {
      txIndex.forget();
    },

    async getMempool() {
      // The node runs a batch in order, and the second call waits for a block that is just being connected: when it names the
      // tip that the gateway knows, the list before it belongs to that tip or to a later moment of it.
      const [list, best] = await batch([
        { method: 'getrawmempool', params: [] },
        { method: 'getbestblockhash', params: [] },
      ]);
      return {
        txids: readMempoolTxids(mustResult(required(list))),
        bestHashHex: readText(mustResult(required(best)), 'getbestblockhash'),
      };
    },

    getMempoolInfo: () => rpc.call('getmempoolinfo', [], options),
  };
}

function getRawTransaction(txid: string): RpcCall {
  return { method: 'getrawtransaction', params: [txid, true] };
}

/** Answers to `asked`, a part of `txids` in the same order, where `txids` has them. */
function inOrderOf<T>(
  txids: readonly string[],
  asked: readonly string[],
  answers: readonly T[],
): readonly (T | undefined)[] {
  if (asked.length === txids.length) return answers;
  const byTxid = new Map(asked.map((txid, index) => [txid, answers[index]]));
  return txids.map((txid) => byTxid.get(txid));
}

function readTransactions(outcomes: readonly RpcOutcome[]): readonly (TransactionRecord | undefined)[] {
  return outcomes.map((outcome) => {
    const json = resultOr(outcome, [NOT_FOUND]);
    return json === undefined ? undefined : readTransaction(json);
  });
}
