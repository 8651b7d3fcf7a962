import type { RpcCall, RpcClient, RpcOutcome, RpcParams } from '../../src/node/rpcTypes.js';
import { RpcReplyError } from '../../src/node/rpcTypes.js';
import type { ModelBlock, ModelChain, ModelTransaction } from './modelChain.js';

/** An {@link RpcClient} that answers from a {@link ModelChain}, without sockets or timers. */
export interface ModelNode extends RpcClient {
  /** Calls answered or failed so far, each item of a batch counted. */
  readonly calls: number;
  /** The methods called, in order. */
  readonly methods: readonly string[];
  /** Whether the node has a transaction index. */
  txIndex: boolean;
  /** What `getblockchaininfo` names. */
  chainName: string;
  /** Blocks whose data the node has no more, though they are on its chain. */
  readonly pruned: Set<string>;
  /** The chain that it answers from. */
  chain: ModelChain;
  /**
   * Runs before each call and each item of a batch is answered, with the number of the call (the first is 1). It may change
   * the chain, and what it throws is how the call (the whole batch) ends. `item` is the place in a batch, 0 for the first
   * and for a call of its own.
   */
  beforeCall: (call: number, method: string, item: number) => void;
}

/** A node of regtest with a transaction index. */
export function createModelNode(chain: ModelChain): ModelNode {
  const methods: string[] = [];

  const answer = async (method: string, params: RpcParams, item = 0): Promise<Buffer> => {
    // An answer never comes within the call.
    await Promise.resolve();
    methods.push(method);
    node.beforeCall(methods.length, method, item);
    if ('rawArray' in params) throw new Error('the model takes no raw params');
    return Buffer.from(answerText(node, method, params));
  };

  const outcomeOf = async (call: RpcCall, item: number): Promise<RpcOutcome> => {
    try {
      return { type: 'result', result: await answer(call.method, call.params, item) };
    } catch (error) {
      if (error instanceof RpcReplyError) return { type: 'error', error };
      throw error;
    }
  };

  const node: ModelNode = {
    get calls() {
      return methods.length;
    },
    methods,
    txIndex: true,
    chainName: 'regtest',
    pruned: new Set(),
    chain,
    beforeCall: () => undefined,
    call: (method, params) => answer(method, params),
    async batch(calls) {
      const outcomes: RpcOutcome[] = [];
      for (const [item, call] of calls.entries()) outcomes.push(await outcomeOf(call, item));
      return outcomes;
    },
    load: () => ({ waiting: 0, inFlight: 0, slots: 4 }),
    close: () => Promise.resolve(),
  };
  return node;
}

function answerText(node: ModelNode, method: string, params: readonly unknown[]): string {
  const { chain } = node;
  const first = params[0];
  switch (method) {
    case 'getblockchaininfo': {
      const { height, hashHex } = chain.tip;
      return JSON.stringify({
        chain: node.chainName,
        blocks: height,
        headers: height,
        bestblockhash: hashHex,
        pruned: false,
      });
    }
    case 'getbestblockhash':
      return JSON.stringify(chain.tip.hashHex);
    case 'getblockhash': {
      const block = chain.activeChain()[Number(first)];
      if (block === undefined) throw new RpcReplyError(-8, 'Block height out of range', method);
      return JSON.stringify(block.hashHex);
    }
    case 'getblockheader':
      return `{${headerMembers(chain, blockOf(chain, first, method))}}`;
    case 'getblock': {
      const block = blockOf(chain, first, method);
      if (node.pruned.has(block.hashHex))
        throw new RpcReplyError(-1, 'Block not available (pruned data)', method);
      const transactions = block.txids.map((txid) =>
        params[1] === 2 ? `{${transactionMembers(mustTransaction(chain, txid))}}` : JSON.stringify(txid),
      );
      return `{${headerMembers(chain, block)},"difficulty":4.656542373906925e-10,"tx":[${transactions.join(',')}]}`;
    }
    case 'getrawtransaction':
      return rawTransaction(node, String(first), method);
    case 'getmempoolentry':
      if (!chain.mempool.includes(String(first)))
        throw new RpcReplyError(-5, 'Transaction not in mempool', method);
      return '{"size":226}';
    case 'getrawmempool':
      return JSON.stringify(chain.mempool);
    case 'getmempoolinfo':
      return `{"size":${String(chain.mempool.length)},"bytes":${String(chain.mempool.length * 226)},"mempoolminfee":0.00000000}`;
    default:
      throw new RpcReplyError(-32601, 'Method not found', method);
  }
}

function blockOf(chain: ModelChain, hash: unknown, method: string): ModelBlock {
  const block = chain.block(String(hash));
  if (block === undefined) throw new RpcReplyError(-5, 'Block not found', method);
  return block;
}

function mustTransaction(chain: ModelChain, txid: string): ModelTransaction {
  const transaction = chain.transaction(txid);
  if (transaction === undefined) throw new Error(`the model has no transaction ${txid}`);
  return transaction;
}

function headerMembers(chain: ModelChain, block: ModelBlock): string {
  const isActive = chain.isActive(block.hashHex);
  const next = isActive ? chain.activeChain()[block.height + 1] : undefined;
  return [
    `"hash":"${block.hashHex}"`,
    `"confirmations":${String(isActive ? chain.tip.height - block.height + 1 : -1)}`,
    `"height":${String(block.height)}`,
    ...(block.previousHashHex === undefined ? [] : [`"previousblockhash":"${block.previousHashHex}"`]),
    ...(next === undefined ? [] : [`"nextblockhash":"${next.hashHex}"`]),
  ].join(',');
}

function rawTransaction(node: ModelNode, txid: string, method: string): string {
  const { chain } = node;
  const transaction = chain.transaction(txid);
  const notFound = new RpcReplyError(
    -5,
    node.txIndex
      ? 'No such mempool or blockchain transaction'
      : 'No such mempool transaction. Use -txindex to enable blockchain transaction queries',
    method,
  );
  if (transaction === undefined) throw notFound;
  if (chain.mempool.includes(txid)) return `{${transactionMembers(transaction)}}`;
  const block = chain.lastBlockOf(txid);
  if (block === undefined) throw notFound;
  const isActive = chain.isActive(block.hashHex);
  if (!node.txIndex && !(isActive && chain.hasUnspentOutput(txid))) throw notFound;
  const place = isActive
    ? `"height":${String(block.height)},"confirmations":${String(chain.tip.height - block.height + 1)}`
    : '"height":-1,"confirmations":0';
  return `{${transactionMembers(transaction)},"blockhash":"${block.hashHex}",${place}}`;
}

/** One of a few addresses: base58 letters, as many as real ones have. */
export function modelAddress(index: number): string {
  return `mMock${'x'.repeat(26)}${(index % 6) + 1}`;
}

function transactionMembers(transaction: ModelTransaction): string {
  const { txid, inputs, outputs, asset } = transaction;
  const vin =
    inputs.length === 0
      ? ['{"coinbase":"00","sequence":4294967295}']
      : inputs.map((outpoint) => {
          const colon = outpoint.indexOf(':');
          return `{"txid":"${outpoint.slice(0, colon)}","vout":${outpoint.slice(colon + 1)}}`;
        });
  const vout = Array.from({ length: outputs }, (_, n) => {
    const address = modelAddress(Number.parseInt(txid.slice(0, 4), 16) + n);
    const script =
      asset !== undefined && n === outputs - 1
        ? `{"type":"transfer_asset","hex":"00","addresses":["${address}"],"asset":{"name":"${asset}","amount":21000000000.00000000}}`
        : `{"type":"pubkeyhash","hex":"00","addresses":["${address}"]}`;
    return `{"value":9999999998.12345678,"n":${String(n)},"scriptPubKey":${script}}`;
  });
  return `"txid":"${txid}","version":2,"vin":[${vin.join(',')}],"vout":[${vout.join(',')}]`;
}
