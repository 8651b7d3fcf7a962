import type { AssetPayload } from './assetScript.js';
import { MEMPOOL_HEIGHT } from './coin.js';
import { toHex } from './hashing.js';
import { jsonAmount, jsonArray, jsonObject, jsonString } from './jsonText.js';
import type { Ledger } from './ledger.js';
import { scriptAsm } from './scriptAsm.js';
import { scriptInfo } from './scriptInfo.js';
import { outpointOf, type SimulatedTransaction, type TransactionInput } from './simulatedTransaction.js';

/** Like the node's, a number from uninitialised memory beyond 2^53. The gateway must cut it out. */
export const GARBAGE_EXPIRE_TIME = '8371097072804542464';

function formatAsset(asset: AssetPayload): string {
  const amountSat = asset.type === 'owner' ? 100_000_000n : asset.amountSat;
  const head: [string, string | undefined][] = [
    ['name', jsonString(asset.name)],
    ['amount', jsonAmount(amountSat)],
  ];
  switch (asset.type) {
    case 'owner':
      return jsonObject([...head, ['expire_time', GARBAGE_EXPIRE_TIME]]);
    case 'transfer': {
      const { message, expireTime } = asset;
      return jsonObject([
        ...head,
        ['message', message === undefined ? undefined : jsonString(message)],
        ['expire_time', expireTime === undefined || expireTime === 0n ? undefined : String(expireTime)],
      ]);
    }
    case 'new':
    case 'reissue':
      return jsonObject([
        ...head,
        ['expire_time', GARBAGE_EXPIRE_TIME],
        ['units', asset.units === undefined ? undefined : String(asset.units)],
        ['reissuable', asset.reissuable ? '1' : '0'],
        ['ipfs_hash', asset.ipfsHash === undefined ? undefined : jsonString(asset.ipfsHash)],
      ]);
  }
}

/** `scriptPubKey` as the node prints it. Verifier strings and global freezes are not decoded. */
export function formatScript(script: Uint8Array): string {
  return jsonObject(scriptMembers(script, true));
}

/** The members of {@link formatScript}; `decodescript` prints them without `hex`. */
export function scriptMembers(script: Uint8Array, withHex: boolean): [string, string | undefined][] {
  const info = scriptInfo(script);
  const flag = info.nullAsset?.type === 'address_flag' ? info.nullAsset : undefined;
  const address = info.owner?.address;
  let assetData: string | undefined;
  if (flag !== undefined && address !== undefined) {
    const tag = flag.name.startsWith('#');
    const words = tag
      ? ['adding qualifier', 'removing qualifier']
      : ['freezing address', 'unfreezing address'];
    assetData = jsonObject([
      ['asset_name', jsonString(flag.name)],
      [tag ? 'qualifier_type' : 'restricted_type', jsonString(words[flag.on ? 0 : 1] ?? '')],
      ['address', jsonString(address)],
    ]);
  }
  return [
    ['asm', jsonString(scriptAsm(script))],
    ['hex', withHex ? `"${toHex(script)}"` : undefined],
    ['reqSigs', address === undefined ? undefined : '1'],
    ['type', jsonString(info.type)],
    ['asset', info.asset === undefined ? undefined : formatAsset(info.asset)],
    ['asset_data', assetData],
    ['addresses', address === undefined ? undefined : jsonArray([jsonString(address)])],
  ];
}

/** What is known beyond the transaction itself. */
export interface TransactionView {
  readonly ledger: Ledger;
  readonly spentIndex: boolean;
}

function formatInput(
  input: TransactionInput,
  isCoinbase: boolean,
  view: TransactionView | undefined,
): string {
  if (isCoinbase) {
    return jsonObject([
      ['coinbase', `"${toHex(input.scriptSig)}"`],
      ['sequence', String(input.sequence)],
    ]);
  }
  const outpoint = outpointOf(input.txidHex, input.vout);
  const spend = view?.spentIndex === true ? view.ledger.spend(outpoint) : undefined;
  const spent = spend === undefined ? undefined : view?.ledger.output(outpoint);
  // Of inputs that hold assets the node's index of waiting transactions knows no address; its index of blocks does.
  const isUnknown = spent?.asset !== undefined && spend?.height === MEMPOOL_HEIGHT;
  const owner = isUnknown ? undefined : spent?.info.owner;
  return jsonObject([
    ['txid', `"${input.txidHex}"`],
    ['vout', String(input.vout)],
    [
      'scriptSig',
      `{"asm":${jsonString(scriptAsm(input.scriptSig, true))},"hex":"${toHex(input.scriptSig)}"}`,
    ],
    [
      'txinwitness',
      input.witness.length === 0 ? undefined : jsonArray(input.witness.map((item) => `"${toHex(item)}"`)),
    ],
    ['sequence', String(input.sequence)],
    ['value', spent === undefined ? undefined : jsonAmount(spent.valueSat)],
    ['valueSat', spent === undefined ? undefined : String(spent.valueSat)],
    ['address', owner === undefined ? undefined : jsonString(owner.address)],
  ]);
}

function formatOutputs(transaction: SimulatedTransaction, view: TransactionView | undefined): string {
  const outputs = transaction.outputs.map((output, n) => {
    const spend =
      view?.spentIndex === true ? view.ledger.spend(outpointOf(transaction.txidHex, n)) : undefined;
    return jsonObject([
      ['value', jsonAmount(output.valueSat)],
      ['n', String(n)],
      ['scriptPubKey', formatScript(output.script)],
      ['spentTxId', spend === undefined ? undefined : `"${spend.txidHex}"`],
      ['spentIndex', spend === undefined ? undefined : String(spend.vin)],
      ['spentHeight', spend === undefined ? undefined : String(spend.height)],
      ['valueSat', view === undefined ? undefined : String(output.valueSat)],
    ]);
  });
  return jsonArray(outputs);
}

function core(transaction: SimulatedTransaction, view: TransactionView | undefined): [string, string][] {
  return [
    ['txid', `"${transaction.txidHex}"`],
    ['hash', `"${transaction.wtxidHex}"`],
    ['version', String(transaction.version)],
    ['size', String(transaction.sizeBytes)],
    ['vsize', String(transaction.vsizeBytes)],
    ['locktime', String(transaction.lockTime)],
    ['vin', jsonArray(transaction.inputs.map((input) => formatInput(input, transaction.isCoinbase, view)))],
    ['vout', formatOutputs(transaction, view)],
  ];
}

/** As `decoderawtransaction` prints it, and with `hex` as `getblock` with verbosity 2 does. */
export function formatDecoded(transaction: SimulatedTransaction, withHex: boolean): string {
  const hex: [string, string][] = withHex ? [['hex', `"${toHex(transaction.rawBytes)}"`]] : [];
  return jsonObject([...core(transaction, undefined), ...hex]);
}

/** As verbose `getrawtransaction` prints it; a transaction whose last block is stale has `height` −1 and no times. */
export function formatVerbose(transaction: SimulatedTransaction, view: TransactionView): string {
  const { chain, mempool } = view.ledger;
  const isWaiting = mempool.get(transaction.txidHex) !== undefined;
  const block = isWaiting ? undefined : view.ledger.blockOf(transaction.txidHex);
  const isActive = block !== undefined && chain.isActive(block);
  const time = block !== undefined && isActive ? String(block.timeSeconds) : undefined;
  return jsonObject([
    ...core(transaction, view),
    ['hex', `"${toHex(transaction.rawBytes)}"`],
    ['blockhash', block === undefined ? undefined : `"${block.hashHex}"`],
    ['height', block === undefined ? undefined : String(isActive ? block.height : MEMPOOL_HEIGHT)],
    [
      'confirmations',
      block === undefined ? undefined : String(isActive ? chain.tip().height - block.height + 1 : 0),
    ],
    ['time', time],
    ['blocktime', time],
  ]);
}
