import { addressScript, addressText, parseAddress } from './address.js';
import { formatDecoded, formatScript, formatVerbose, scriptMembers } from './formatTransaction.js';
import { hash160, toHex } from './hashing.js';
import { jsonAmount, JsonNumber, jsonObject, jsonString, type JsonValue } from './jsonText.js';
import {
  booleanParam,
  hexParam,
  integerParam,
  method,
  RpcError,
  textParam,
  txidParam,
  type MethodTable,
  type NodeView,
  type Params,
} from './rpcMethod.js';
import { scriptInfo } from './scriptInfo.js';
import { outpointOf, parseTransaction, type SimulatedTransaction } from './simulatedTransaction.js';

const NOT_FOUND_INDEXED =
  'No such mempool or blockchain transaction. Use gettransaction for wallet transactions.';
const NOT_FOUND_UNINDEXED =
  'No such mempool transaction. Use -txindex to enable blockchain transaction queries. Use gettransaction for wallet transactions.';

function decodeParam(params: Params): SimulatedTransaction {
  const bytes = hexParam(params, 0, -22, 'TX decode failed');
  try {
    return parseTransaction(bytes);
  } catch {
    throw new RpcError(-22, 'TX decode failed');
  }
}

function verboseParam(params: Params): boolean {
  const value = params[1];
  if (value === undefined || value === null || typeof value === 'boolean' || value instanceof JsonNumber) {
    return booleanParam(params, 1, false);
  }
  throw new RpcError(-3, 'Invalid type provided. Verbose parameter must be a boolean.');
}

/** Transactions, outputs and scripts. */
export function transactionMethods(node: NodeView): MethodTable {
  const ledger = () => node.world().ledger;

  const find = (txidHex: string): SimulatedTransaction => {
    const { mempool, coins } = ledger();
    const waiting = mempool.get(txidHex)?.transaction;
    if (waiting !== undefined) return waiting;
    const found = ledger().transaction(txidHex);
    const block = ledger().blockOf(txidHex);
    const isGone = block === undefined || (block.height > 0 && block.height < node.prunedBelow());
    // Without the index the node finds a block only by an output that is still unspent.
    const isReachable =
      node.txIndex || found?.outputs.some((_, vout) => coins.get(outpointOf(txidHex, vout)) !== undefined);
    if (found === undefined || isGone || isReachable !== true) {
      throw new RpcError(-5, node.txIndex ? NOT_FOUND_INDEXED : NOT_FOUND_UNINDEXED);
    }
    return found;
  };

  const send = (params: Params): string => {
    const transaction = decodeParam(params);
    const world = node.world();
    const answer = world.ledger.accept(transaction, world.nowSeconds());
    switch (answer.type) {
      case 'accepted':
      case 'known':
        return `"${transaction.txidHex}"`;
      case 'confirmed':
        throw new RpcError(-27, 'transaction already in block chain');
      case 'missing_inputs':
        throw new RpcError(-25, 'Missing inputs');
      case 'conflict':
        throw new RpcError(-26, '18: txn-mempool-conflict');
      case 'rejected':
        throw new RpcError(-26, `${answer.code}: ${answer.reason}`);
    }
  };

  const txOut = (params: Params): string => {
    const outpoint = outpointOf(txidParam(params, 0), integerParam(params, 1));
    const coin = booleanParam(params, 2, true) ? ledger().coin(outpoint) : ledger().coins.get(outpoint);
    if (coin === undefined) return 'null';
    const tip = ledger().chain.tip();
    return jsonObject([
      ['bestblock', `"${tip.hashHex}"`],
      ['confirmations', String(coin.height < 0 ? 0 : tip.height - coin.height + 1)],
      ['value', jsonAmount(coin.valueSat)],
      ['scriptPubKey', formatScript(coin.script)],
      ['coinbase', String(coin.isCoinbase)],
    ]);
  };

  const spentInfo = (params: Params): string => {
    const query: JsonValue | undefined = params[0];
    const member = (key: string): JsonValue | undefined =>
      query instanceof Map ? (query as ReadonlyMap<string, JsonValue>).get(key) : undefined;
    const [txid, index] = [member('txid'), member('index')];
    if (typeof txid !== 'string' || !(index instanceof JsonNumber))
      throw new RpcError(-8, 'Invalid txid or index');
    const spend = node.spentIndex
      ? ledger().spend(outpointOf(txid.toLowerCase(), Number(index.text)))
      : undefined;
    if (spend === undefined) throw new RpcError(-5, 'Unable to get spent info');
    return `{"txid":"${spend.txidHex}","index":${spend.vin},"height":${spend.height}}`;
  };

  const decodeScript = (params: Params): string => {
    const script = hexParam(params, 0, -8, 'argument must be hexadecimal string');
    const p2sh =
      scriptInfo(script).type === 'scripthash' ? undefined : addressText('scripthash', hash160(script));
    return jsonObject([
      ...scriptMembers(script, false),
      ['p2sh', p2sh === undefined ? undefined : jsonString(p2sh)],
    ]);
  };

  const validate = (params: Params): string => {
    const text = textParam(params, 0);
    const address = parseAddress(text);
    if (address === undefined) return '{"isvalid":false}';
    return jsonObject([
      ['isvalid', 'true'],
      ['address', jsonString(text)],
      ['scriptPubKey', `"${toHex(addressScript(address))}"`],
      ['ismine', 'false'],
      ['iswatchonly', 'false'],
      ['isscript', String(address.kind === 'scripthash')],
    ]);
  };

  return {
    getrawtransaction: method(['txid', 'verbose'], 1, (params) => {
      const transaction = find(txidParam(params, 0));
      if (!verboseParam(params)) return `"${toHex(transaction.rawBytes)}"`;
      return formatVerbose(transaction, { ledger: ledger(), spentIndex: node.spentIndex });
    }),
    decoderawtransaction: method(['hexstring'], 1, (params) => formatDecoded(decodeParam(params), false)),
    decodescript: method(['hexstring'], 1, decodeScript),
    sendrawtransaction: method(['hexstring', 'allowhighfees'], 1, send),
    gettxout: method(['txid', 'n', 'include_mempool'], 2, txOut),
    getspentinfo: method(['argument'], 1, spentInfo),
    validateaddress: method(['address'], 1, validate),
    verifymessage: method(['address', 'signature', 'message'], 3, (params) => {
      if (parseAddress(textParam(params, 0)) === undefined) throw new RpcError(-3, 'Invalid address');
      if (!/^[A-Za-z0-9+/]+={0,2}$/u.test(textParam(params, 1)))
        throw new RpcError(-5, 'Malformed base64 encoding');
      textParam(params, 2);
      return 'false';
    }),
  };
}
