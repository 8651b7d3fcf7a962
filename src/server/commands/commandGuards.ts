import type { RawJson } from '../../node/rpcTypes.js';
import { dropPrivateNetworkInfo, keepPublicAddressInfo } from './reduceResult.js';

/** What a guard looks at beside the params. */
export interface GuardContext {
  /** Hash of the running chain's genesis block, 64 lower-case hex digits; absent until the node has said. */
  readonly genesisHashHex: string | undefined;
}

/** What a guard says: the params that go to the node, written anew, or why not. */
export type GuardVerdict =
  | {
      readonly type: 'pass';
      readonly params: readonly (string | number | boolean)[];
      /** What is done to the result before it leaves. Throws when the result has another shape. */
      readonly transform?: (result: RawJson) => RawJson;
      /** For how long the same answer may be given again. */
      readonly cacheMs?: number;
    }
  | { readonly type: 'refuse'; readonly message: string };

type Guard = (params: readonly unknown[], context: GuardContext) => GuardVerdict;

/**
 * The genesis blocks of main, test and regtest. Each holds one transaction with 50,003 outputs: 17.7 MB as JSON, 3.4 MB as hex.
 */
const GENESIS_HASHES: ReadonlySet<unknown> = new Set([
  '0000007b11d0481b2420a7c656ef76775d54ab5b29ee7ea250bc768535693b05',
  '00000044bc03f8460e64bc07b080f4929b1cb96fda46b8bd806e57bfb9db82f4',
  '5177b521d358ee45b83abbe2597a01511846c1bb3c08c14dc762a4649a7d2fc9',
]);

/** That transaction: the same on all three networks, for it is the merkle root of each. */
const GENESIS_TXID = 'c191c775b10d2af1fcccb4121095b2a018f1bee84fa5efb568fcddd383969262';

/** Longest transaction that is decoded, as hex digits: 200,000 bytes, twice the largest that a node relays without witness. */
export const MAX_DECODE_HEX_CHARS = 400_000;
/** Most blocks that `getnetworkhashps` looks back over. */
export const MAX_HASHPS_BLOCKS = 10_000;
/** How long an answer of `getrawmempool` is given again, in milliseconds. */
export const MEMPOOL_CACHE_MS = 500;

const MAX_ADDRESS_CHARS = 100;
const MAX_INT32 = 2_147_483_647;

/**
 * One guard for each command that is open under conditions. Params are read, checked and written anew, so that the node sees nothing
 * that the guard has not seen: a block hash with `0x` before it, say, which the node would take.
 */
export const GUARDS: ReadonlyMap<string, Guard> = new Map<string, Guard>([
  ['getblock', getblock],
  ['getrawmempool', getrawmempool],
  ['getrawtransaction', getrawtransaction],
  ['gettxout', gettxout],
  ['decoderawtransaction', decoderawtransaction],
  ['validateaddress', validateaddress],
  ['getnetworkhashps', getnetworkhashps],
  ['getnetworkinfo', getnetworkinfo],
]);

function getblock(params: readonly unknown[], context: GuardContext): GuardVerdict {
  const [hash, verbosity = 1] = params;
  if (params.length < 1 || params.length > 2 || !isHash(hash)) {
    return refuse('getblock takes a block hash of 64 hex digits, and a verbosity of 0 or 1');
  }
  const level = typeof verbosity === 'boolean' ? Number(verbosity) : verbosity;
  if (level !== 0 && level !== 1) {
    return refuse('the verbosity of getblock may be 0 or 1 here; ask for the transactions one by one');
  }
  const hashHex = hash.toLowerCase();
  if (GENESIS_HASHES.has(hashHex) || hashHex === context.genesisHashHex) {
    return refuse('the genesis block is not served: it is too big; getblockheader gives its header');
  }
  return { type: 'pass', params: [hashHex, level] };
}

function getrawmempool(params: readonly unknown[]): GuardVerdict {
  if (params.length > 1 || (params[0] ?? false) !== false) {
    return refuse(
      'getrawmempool is served with verbose false only; getmempoolentry tells of one transaction',
    );
  }
  return { type: 'pass', params: [], cacheMs: MEMPOOL_CACHE_MS };
}

function getrawtransaction(params: readonly unknown[]): GuardVerdict {
  const [txid, verbose = false] = params;
  if (params.length < 1 || params.length > 2 || !isHash(txid)) {
    return refuse('getrawtransaction takes a txid of 64 hex digits, and verbose as true or false');
  }
  if (verbose !== true && verbose !== false && verbose !== 0 && verbose !== 1) {
    return refuse('verbose of getrawtransaction must be true or false');
  }
  const txidHex = txid.toLowerCase();
  if (txidHex === GENESIS_TXID) {
    return refuse('the transaction of the genesis block is not served: it is too big');
  }
  return { type: 'pass', params: [txidHex, Boolean(verbose)] };
}

function gettxout(params: readonly unknown[]): GuardVerdict {
  const [txid, vout, includeMempool = true] = params;
  if (params.length < 2 || params.length > 3 || !isHash(txid) || !isIntegerBetween(vout, 0, MAX_INT32)) {
    return refuse('gettxout takes a txid of 64 hex digits, an output number, and include_mempool');
  }
  if (typeof includeMempool !== 'boolean') return refuse('include_mempool of gettxout must be true or false');
  return { type: 'pass', params: [txid.toLowerCase(), vout, includeMempool] };
}

function decoderawtransaction(params: readonly unknown[]): GuardVerdict {
  const [hex] = params;
  if (params.length !== 1 || typeof hex !== 'string') {
    return refuse('decoderawtransaction takes one transaction as hex digits');
  }
  if (hex.length > MAX_DECODE_HEX_CHARS) {
    return refuse(`decoderawtransaction takes at most ${MAX_DECODE_HEX_CHARS} hex digits here`);
  }
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(hex)) {
    return refuse('decoderawtransaction takes an even number of hex digits');
  }
  return { type: 'pass', params: [hex] };
}

function validateaddress(params: readonly unknown[]): GuardVerdict {
  const [address] = params;
  if (params.length !== 1 || typeof address !== 'string' || address.length > MAX_ADDRESS_CHARS) {
    return refuse(`validateaddress takes one address of at most ${MAX_ADDRESS_CHARS} characters`);
  }
  return { type: 'pass', params: [address], transform: keepPublicAddressInfo };
}

function getnetworkhashps(params: readonly unknown[]): GuardVerdict {
  const [blocks = 120, height = -1] = params;
  if (params.length > 2 || !isIntegerBetween(blocks, -1, MAX_HASHPS_BLOCKS)) {
    return refuse(`the number of blocks of getnetworkhashps may be -1 to ${MAX_HASHPS_BLOCKS} here`);
  }
  if (!isIntegerBetween(height, -1, MAX_INT32)) {
    return refuse('the height of getnetworkhashps must be -1 or a height');
  }
  return { type: 'pass', params: [blocks, height] };
}

function getnetworkinfo(params: readonly unknown[]): GuardVerdict {
  if (params.length > 0) return refuse('getnetworkinfo takes no params');
  return { type: 'pass', params: [], transform: dropPrivateNetworkInfo };
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-fA-F]{64}$/.test(value);
}

function isIntegerBetween(value: unknown, low: number, high: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;
}

function refuse(message: string): GuardVerdict {
  return { type: 'refuse', message };
}
