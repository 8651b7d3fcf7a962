import { jsonAmount, jsonArray, jsonObject, jsonString } from './jsonText.js';
import type { MempoolEntry } from './mempoolState.js';
import { booleanParam, method, RpcError, txidParam, type MethodTable, type NodeView } from './rpcMethod.js';

/** Memory that one waiting transaction takes, as `usage` counts it: 1056 bytes for the smallest in the recording. */
const USAGE_BYTES_PER_ENTRY = 864;

function sums(entries: readonly MempoolEntry[]): { size: number; feesSat: bigint } {
  let size = 0;
  let feesSat = 0n;
  for (const entry of entries) {
    size += entry.transaction.vsizeBytes;
    feesSat += entry.feeSat;
  }
  return { size, feesSat };
}

/** The transactions that wait for a block. */
export function mempoolMethods(node: NodeView): MethodTable {
  const mempool = () => node.world().ledger.mempool;
  const format = (entry: MempoolEntry): string => {
    const { transaction } = entry;
    const below = mempool().descendants(transaction.txidHex);
    const above = mempool().ancestors(transaction.txidHex);
    // Fees of relatives are whole 10^-8 EVR, the entry's own are EVR: so the node prints them.
    return jsonObject([
      ['size', String(transaction.vsizeBytes)],
      ['fee', jsonAmount(entry.feeSat)],
      ['modifiedfee', jsonAmount(entry.feeSat)],
      ['time', String(entry.timeSeconds)],
      ['height', String(entry.height)],
      ['descendantcount', String(below.length)],
      ['descendantsize', String(sums(below).size)],
      ['descendantfees', String(sums(below).feesSat)],
      ['ancestorcount', String(above.length)],
      ['ancestorsize', String(sums(above).size)],
      ['ancestorfees', String(sums(above).feesSat)],
      ['wtxid', `"${transaction.wtxidHex}"`],
      ['depends', jsonArray(mempool().parents(transaction).map(jsonString))],
    ]);
  };
  return {
    getmempoolinfo: method([], 0, () => {
      const bytes = mempool().vsizeBytes();
      return jsonObject([
        ['size', String(mempool().size())],
        ['bytes', String(bytes)],
        ['usage', String(bytes + mempool().size() * USAGE_BYTES_PER_ENTRY)],
        ['maxmempool', '300000000'],
        ['mempoolminfee', jsonAmount(0n)],
      ]);
    }),
    getrawmempool: method(['verbose'], 0, (params) => {
      if (!booleanParam(params, 0, false)) return jsonArray(mempool().txids().map(jsonString));
      return jsonObject(
        mempool()
          .entries()
          .map((entry) => [entry.transaction.txidHex, format(entry)]),
      );
    }),
    getmempoolentry: method(['txid'], 1, (params) => {
      const entry = mempool().get(txidParam(params, 0));
      if (entry === undefined) throw new RpcError(-5, 'Transaction not in mempool');
      return format(entry);
    }),
    clearmempool: method([], 0, async () => {
      await node.control.clearMempool();
      return '"Mempool cleared"';
    }),
  };
}
