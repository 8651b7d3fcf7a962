import type { BlockLink } from '../chain/reconcile.js';
import type { DecodedTransaction } from '../chain/decodedTransaction.js';
import { readNodeJson } from './nodeJson.js';
import { RpcMalformedError, RpcReplyError } from './rpcTypes.js';
import type { Lane, RawJson, RpcCall, RpcClient, RpcOutcome } from './rpcTypes.js';
import { createTxIndexProbe } from './txIndexProbe.js';

/** What `getblockchaininfo` tells of the node, as far as it is used. */
export interface ChainInfo {
  /** `main`, `test` or `regtest`. */
  readonly chain: string;
  readonly tip: { readonly height: number; readonly hashHex: string };
  /** Best header known; above `tip.height` while the node is still fetching blocks. */
  readonly headers: number;
  readonly pruned: boolean;
}

/** A block header, as far as it is used. */
export interface HeaderInfo extends BlockLink {
  /** −1 when the block is not on the best chain. */
  readonly confirmations: number;
}

/** A block with the exact bytes that the node printed. */
export interface BlockRecord extends BlockLink {
  /** `getblock` verbosity 1, untouched. */
  readonly json: RawJson;
  readonly txids: readonly string[];
}

/** A transaction with the exact bytes that the node printed. */
export interface TransactionRecord {
  /** The node's verbose object, untouched. */
  readonly json: RawJson;
  /** The same, read: decimals and long integers are strings of the node's digits. */
  readonly decoded: DecodedTransaction;
  /** Hash of the block that the node says it is in, also of one that left the best chain; absent in the mempool. */
  readonly blockHashHex?: string;
  /** Height of that block; −1 when it left the best chain. */
  readonly height?: number;
  /** It was read from its block: `json` does not name the block. */
  readonly isFromBlock?: true;
}

/** Typed calls to the node, for the follower and for history. Each rejects as {@link RpcClient} does. */
export interface NodeReader {
  getChainInfo(): Promise<ChainInfo>;
  getBestBlockHash(): Promise<string>;
  /** `undefined` when the height is above the tip. */
  getBlockHash(height: number): Promise<string | undefined>;
  /** Hashes of `count` heights from `firstHeight` on, in one batch; `undefined` for those above the tip. */
  getBlockHashes(firstHeight: number, count: number): Promise<readonly (string | undefined)[]>;
  /** `undefined` for a block that the node does not know. */
  getHeaders(hashes: readonly string[]): Promise<readonly (HeaderInfo | undefined)[]>;
  /** `undefined` for a block that the node does not know or has pruned. */
  getBlock(hashHex: string): Promise<BlockRecord | undefined>;
  /** Several blocks in one batch; as {@link getBlock}. */
  getBlocks(hashes: readonly string[]): Promise<readonly (BlockRecord | undefined)[]>;
  /**
   * The best block's hash, one block, and transactions that may be the block's, in one round trip: `records` has those that the node
   * found, which are none where it has no transaction index.
   */
  getTipAndBlock(
    hashHex: string,
    guessedTxids?: readonly string[],
  ): Promise<{
    readonly bestHashHex: string;
    readonly block: BlockRecord | undefined;
    readonly records: readonly TransactionRecord[];
  }>;
  /** The transactions of a block by `getblock` verbosity 2: for nodes without a transaction index. */
  getBlockTransactions(hashHex: string): Promise<readonly TransactionRecord[] | undefined>;
  /**
   * One batch; `undefined` for a transaction that the node cannot find. A node without a transaction index finds those of the
   * mempool alone here: it is not asked for others, because it would search for seconds.
   */
  getTransactions(txids: readonly string[]): Promise<readonly (TransactionRecord | undefined)[]>;
  /** The same, and the tip as it stood after they were read, in one round trip. */
  getTransactionsAndTip(
    txids: readonly string[],
  ): Promise<{ readonly records: readonly (TransactionRecord | undefined)[]; readonly bestHashHex: string }>;
  /** The node was restarted: it may have a transaction index now. */
  forgetTxIndex(): void;
  /** All txids of the mempool, and the tip as it stood after they were read. */
  getMempool(): Promise<{ readonly txids: readonly string[]; readonly bestHashHex: string }>;
  getMempoolInfo(): Promise<RawJson>;
}

/** RPC code of evrmored for "not found" (blocks, transactions, mempool entries). */
const NOT_FOUND = -5;
/** RPC code for a parameter out of range, such as a height above the tip. */
const OUT_OF_RANGE = -8;
/** RPC code for everything else, among it "Block not available (pruned data)". */
const MISCELLANEOUS = -1;

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
      const json = await rpc.call('getblockchaininfo', [], options);
      const info = readObject(json, 'getblockchaininfo');
      return {
        chain: text(info, 'chain'),
        tip: { height: integer(info, 'blocks'), hashHex: text(info, 'bestblockhash') },
        headers: integer(info, 'headers'),
        pruned: info['pruned'] === true,
      };
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
      if (json === undefined) return undefined;
      const height = integer(readObject(json, 'getblock'), 'height');
      return splitMembers(json, 'tx').map((transaction) => ({
        ...readTransaction(transaction),
        blockHashHex: hashHex,
        height,
        isFromBlock: true,
      }));
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
      const txids = parse(mustResult(required(list)), 'getrawmempool');
      if (!Array.isArray(txids) || !txids.every((txid) => typeof txid === 'string')) {
        throw wrongShape('getrawmempool', 'a list of txids');
      }
      return { txids, bestHashHex: readText(mustResult(required(best)), 'getbestblockhash') };
    },

    getMempoolInfo: () => rpc.call('getmempoolinfo', [], options),
  };
}

function readBlock(json: RawJson): BlockRecord {
  const block = readObject(json, 'getblock');
  const txids = block['tx'];
  if (!Array.isArray(txids) || !txids.every((txid) => typeof txid === 'string')) {
    throw wrongShape('getblock', 'a list of txids');
  }
  return { ...readLink(block), json, txids };
}

function readHeader(json: RawJson): HeaderInfo {
  const header = readObject(json, 'getblockheader');
  return { ...readLink(header), confirmations: integer(header, 'confirmations') };
}

function readLink(block: Readonly<Record<string, unknown>>): BlockLink {
  const previous = block['previousblockhash'];
  return {
    hashHex: text(block, 'hash'),
    height: integer(block, 'height'),
    ...(typeof previous === 'string' ? { previousHashHex: previous } : {}),
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

function readTransaction(json: RawJson): TransactionRecord {
  const value = readNodeJson(json);
  if (!isDecodedTransaction(value)) throw wrongShape('getrawtransaction', 'txid, vin and vout');
  const { blockhash, height } = value as { blockhash?: unknown; height?: unknown };
  return {
    json,
    decoded: value,
    ...(typeof blockhash === 'string' ? { blockHashHex: blockhash } : {}),
    ...(typeof height === 'number' ? { height } : {}),
  };
}

/** The parts of a verbose transaction that are relied on; the rest is passed on unread. */
function isDecodedTransaction(value: unknown): value is DecodedTransaction {
  if (typeof value !== 'object' || value === null) return false;
  const { txid, vin, vout } = value as { txid?: unknown; vin?: unknown; vout?: unknown };
  const isObject = (item: unknown): boolean => typeof item === 'object' && item !== null;
  return (
    typeof txid === 'string' &&
    Array.isArray(vin) &&
    vin.every(isObject) &&
    Array.isArray(vout) &&
    vout.every(
      (output: unknown) => isObject(output) && isObject((output as { scriptPubKey?: unknown }).scriptPubKey),
    )
  );
}

/**
 * The exact bytes of each element of the array that is the member `name` of a JSON object. Works on the text, so that the
 * elements keep the node's digits.
 */
function splitMembers(json: RawJson, name: string): readonly RawJson[] {
  const key = Buffer.from(`"${name}":[`);
  const start = json.indexOf(key);
  if (start < 0) throw wrongShape('getblock', `a list ${name}`);
  const elements: RawJson[] = [];
  let depth = 0;
  let inString = false;
  let elementStart = start + key.length;
  for (let index = elementStart; index < json.length; index += 1) {
    const byte = json[index];
    if (inString) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if ((byte === 0x2c || byte === 0x5d) && depth === 0) {
      if (index > elementStart) elements.push(json.subarray(elementStart, index));
      if (byte === 0x5d) return elements;
      elementStart = index + 1;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  throw wrongShape('getblock', `a list ${name}`);
}

function readObject(json: RawJson, method: string): Readonly<Record<string, unknown>> {
  const value = parse(json, method);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrongShape(method, 'an object');
  return value as Readonly<Record<string, unknown>>;
}

function readText(json: RawJson, method: string): string {
  const value = parse(json, method);
  if (typeof value !== 'string') throw wrongShape(method, 'a string');
  return value;
}

/** Only for members that are short integers or strings: doubles are never passed on. */
function parse(json: RawJson, method: string): unknown {
  try {
    return JSON.parse(json.toString('utf8'));
  } catch (cause) {
    throw new RpcMalformedError('not_json', `the result of ${method} is not JSON`, cause);
  }
}

function text(object: Readonly<Record<string, unknown>>, key: string): string {
  const value = object[key];
  if (typeof value !== 'string') throw wrongShape('the node', `a string ${key}`);
  return value;
}

function integer(object: Readonly<Record<string, unknown>>, key: string): number {
  const value = object[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw wrongShape('the node', `an integer ${key}`);
  return value;
}

function wrongShape(source: string, wanted: string): RpcMalformedError {
  return new RpcMalformedError('wrong_shape', `${source} did not give ${wanted}`);
}

function required(outcome: RpcOutcome | undefined): RpcOutcome {
  if (outcome === undefined) throw wrongShape('a batch', 'one answer for each call');
  return outcome;
}

function mustResult(outcome: RpcOutcome): RawJson {
  if (outcome.type === 'error') throw outcome.error;
  return outcome.result;
}

function resultOr(outcome: RpcOutcome, absentCodes: readonly number[]): RawJson | undefined {
  if (outcome.type === 'result') return outcome.result;
  if (absentCodes.includes(outcome.error.rpcCode)) return undefined;
  throw outcome.error;
}

async function orUndefined<T>(promise: Promise<T>, absentCodes: readonly number[]): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof RpcReplyError && absentCodes.includes(error.rpcCode)) return undefined;
    throw error;
  }
}
