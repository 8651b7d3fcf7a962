import { assetClass } from './assetNames.js';
import type { AssetRecord } from './assetRegistry.js';
import { jsonArray, jsonDecimals, jsonObject, jsonString } from './jsonText.js';
import {
  booleanParam,
  integerParam,
  method,
  RpcError,
  textParam,
  type MethodTable,
  type NodeView,
  type Params,
} from './rpcMethod.js';

/** The node lists at most this many. */
const MAX_LISTED = 50_000;

type Members = [string, string | undefined][];

function common(record: AssetRecord): Members {
  return [
    ['name', jsonString(record.name)],
    ['amount', jsonDecimals(record.amountSat, record.units)],
    ['units', String(record.units)],
    ['reissuable', record.reissuable ? '1' : '0'],
    ['has_ipfs', record.ipfsHash === undefined ? '0' : '1'],
  ];
}

/** The key tells a txid from an IPFS hash, and differs between the two methods. */
function hashMember(record: AssetRecord, txidKey: string): Members {
  const { ipfsHash } = record;
  if (ipfsHash === undefined) return [];
  return [[ipfsHash.startsWith('Qm') ? 'ipfs_hash' : txidKey, jsonString(ipfsHash)]];
}

/** Assets of the best chain. */
export function assetMethods(node: NodeView): MethodTable {
  const assets = () => node.world().ledger.assets;

  const data = (params: Params): string => {
    const name = textParam(params, 0);
    const record = assetClass(name) === 'owner' ? undefined : assets().get(name);
    if (record === undefined) return 'null';
    const verifier = assets().verifier(name);
    return jsonObject([
      ...common(record),
      ...hashMember(record, 'txid'),
      ['verifier_string', verifier === undefined ? undefined : jsonString(verifier)],
    ]);
  };

  const list = (params: Params): string => {
    const filter = textParam(params, 0, '*');
    const prefix = filter.endsWith('*') ? filter.slice(0, -1) : undefined;
    const passes = (name: string): boolean =>
      prefix === undefined ? name === filter : name.startsWith(prefix);
    const found = assets()
      .records()
      .filter((record) => passes(record.name))
      // As the database keeps them: shorter names first.
      .sort((a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
    const count = integerParam(params, 2, MAX_LISTED);
    const start = integerParam(params, 3, 0);
    if (count < 1) throw new RpcError(-8, 'count must be greater than 1.');
    const page = start < 0 ? found.slice(start).slice(0, count) : found.slice(start, start + count);
    if (!booleanParam(params, 1, false)) return jsonArray(page.map((record) => jsonString(record.name)));
    return jsonObject(
      page.map((record) => [
        record.name,
        jsonObject([
          ...common(record),
          ['block_height', String(record.blockHeight)],
          ['blockhash', `"${record.blockHashHex}"`],
          ...hashMember(record, 'txid_hash'),
        ]),
      ]),
    );
  };

  return {
    getassetdata: method(['asset_name'], 1, data),
    listassets: method(['asset', 'verbose', 'count', 'start'], 0, list),
    isvalidverifierstring: method(['verifier_string'], 1, (params) => {
      const text = textParam(params, 0).replaceAll(/\s/gu, '');
      const names = text === '' ? undefined : text.split(/[&|!()]+/u).filter((name) => name !== '');
      const isValid = names?.every((name) => /^#?[A-Z0-9._]{3,30}$/u.test(name) || name === 'true') ?? false;
      if (!isValid) throw new RpcError(-8, 'Verifier string is not valid');
      return '"Valid Verifier"';
    }),
  };
}
