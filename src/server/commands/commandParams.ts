import { excerpt } from '../../protocol/excerpt.js';
import { memberSpans } from '../../protocol/jsonSpans.js';

/** Params by position, or why they cannot be had. */
export type PositionalParams =
  { readonly type: 'params'; readonly json: string } | { readonly type: 'refuse'; readonly message: string };

/** The names that the node gives to the params of the commands that may be called, and the gateway to its own; the others take none. */
const PARAM_NAMES: Readonly<Record<string, readonly string[]>> = {
  broadcast_event: ['name', 'data'],
  subscribe_events: ['channels'],
  decoderawtransaction: ['hexstring'],
  estimatesmartfee: ['conf_target', 'estimate_mode'],
  getassetdata: ['asset_name'],
  getblock: ['blockhash', 'verbosity'],
  getblockhash: ['height'],
  getblockheader: ['blockhash', 'verbose'],
  getchaintxstats: ['nblocks', 'blockhash'],
  getmempoolentry: ['txid'],
  getnetworkhashps: ['nblocks', 'height'],
  getrawmempool: ['verbose'],
  getrawtransaction: ['txid', 'verbose'],
  gettxout: ['txid', 'n', 'include_mempool'],
  isvalidverifierstring: ['verifier_string'],
  validateaddress: ['address'],
  verifymessage: ['address', 'signature', 'message'],
};

/**
 * The text of an array of params as it is; an object's members in the order of the node's names, each as it was written. Params
 * may be left out from the end only: the node would read a null in between as a value.
 */
export function positionalParams(command: string, paramsJson: string): PositionalParams {
  if (!paramsJson.trimStart().startsWith('{')) return { type: 'params', json: paramsJson };
  const given = memberSpans(paramsJson);
  if (given.size === 0) return { type: 'params', json: '[]' };
  const names = Object.hasOwn(PARAM_NAMES, command) ? (PARAM_NAMES[command] ?? []) : [];
  const list = names.length === 0 ? 'none' : names.join(', ');
  for (const name of given.keys()) {
    if (names.includes(name)) continue;
    return refuse(`no param "${excerpt(name)}" of ${excerpt(command)}; its params by name: ${list}`);
  }
  const count = given.size;
  const values = names.slice(0, count).map((name) => given.get(name));
  if (values.includes(undefined)) {
    return refuse(`params by name may be left out from the end only; those of ${command}: ${list}`);
  }
  return { type: 'params', json: `[${values.join(',')}]` };
}

function refuse(message: string): PositionalParams {
  return { type: 'refuse', message };
}
