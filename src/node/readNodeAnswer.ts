import type { BlockLink } from '../chain/reconcile.js';
import type { DecodedTransaction } from '../chain/decodedTransaction.js';
import { jsonItems, jsonMembers } from './jsonMembers.js';
import { readNodeJson } from './nodeJson.js';
import type { BlockRecord, ChainInfo, HeaderInfo, TransactionRecord } from './nodeReaderTypes.js';
import { RpcMalformedError, type RawJson } from './rpcTypes.js';

/*
 * The results of the node's calls as records. Each function throws an RpcMalformedError when the result has another shape: what
 * answers there is no node, or not one that is understood.
 */

/** Result of `getblockchaininfo`. */
export function readChainInfo(json: RawJson): ChainInfo {
  const info = readObject(json, 'getblockchaininfo');
  return {
    chain: text(info, 'chain'),
    tip: { height: integer(info, 'blocks'), hashHex: text(info, 'bestblockhash') },
    headers: integer(info, 'headers'),
    pruned: info['pruned'] === true,
  };
}

/** Result of `getblock` with verbosity 1. */
export function readBlock(json: RawJson): BlockRecord {
  const block = readObject(json, 'getblock');
  return { ...readLink(block), json, txids: readTxids(block['tx'], 'getblock') };
}

/** The transactions in the result of `getblock` with verbosity 2, each with the exact bytes that the node printed. */
export function readBlockTransactions(json: RawJson): readonly TransactionRecord[] {
  const block = readObject(json, 'getblock');
  const blockHashHex = text(block, 'hash');
  const height = integer(block, 'height');
  const list = jsonMembers(json)?.get('tx');
  const transactions = list === undefined ? undefined : jsonItems(list);
  if (transactions === undefined) throw wrongShape('getblock', 'a list of transactions');
  return transactions.map((item) => ({
    ...readTransaction(item),
    blockHashHex,
    height,
    isFromBlock: true,
  }));
}

/** Result of `getblockheader`. */
export function readHeader(json: RawJson): HeaderInfo {
  const header = readObject(json, 'getblockheader');
  return { ...readLink(header), confirmations: integer(header, 'confirmations') };
}

/** Result of `getrawmempool`. */
export function readMempoolTxids(json: RawJson): readonly string[] {
  return readTxids(parse(json, 'getrawmempool'), 'getrawmempool');
}

/** Result of `getrawtransaction` with verbosity. */
export function readTransaction(json: RawJson): TransactionRecord {
  const value = readNodeJson(json);
  if (!isDecodedTransaction(value)) throw wrongShape('getrawtransaction', 'txid, vin and vout');
  const { blockhash, height } = value as { blockhash?: unknown; height?: unknown };
  return {
    json,
    decoded: value,
    blockHashHex: typeof blockhash === 'string' ? blockhash : undefined,
    height: typeof height === 'number' ? height : undefined,
  };
}

/** A result that is a string, such as a hash. */
export function readText(json: RawJson, method: string): string {
  const value = parse(json, method);
  if (typeof value !== 'string') throw wrongShape(method, 'a string');
  return value;
}

/** An answer that is not what was asked for. */
export function wrongShape(source: string, wanted: string): RpcMalformedError {
  return new RpcMalformedError('wrong_shape', `${source} did not give ${wanted}`);
}

function readLink(block: Readonly<Record<string, unknown>>): BlockLink {
  const previous = block['previousblockhash'];
  return {
    hashHex: text(block, 'hash'),
    height: integer(block, 'height'),
    ...(typeof previous === 'string' ? { previousHashHex: previous } : {}),
  };
}

function readTxids(value: unknown, method: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((txid) => typeof txid === 'string')) {
    throw wrongShape(method, 'a list of txids');
  }
  return value;
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

function readObject(json: RawJson, method: string): Readonly<Record<string, unknown>> {
  const value = parse(json, method);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrongShape(method, 'an object');
  return value as Readonly<Record<string, unknown>>;
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
