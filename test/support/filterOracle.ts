import type { OutputAbout, TransactionAbout } from '../../src/chain/transactionAbout.js';
import type { LogEvent } from '../../src/feed/eventLogTypes.js';
import { amountToSats } from '../../src/protocol/amount.js';
import type { TransactionStatus } from '../../src/protocol/events.js';
import type { FilterRule } from '../../src/protocol/filterTypes.js';

/** What a filter means, written down without an index: whether an event passes a list of filters. */
export function passes(rules: readonly FilterRule[], { about }: Pick<LogEvent, 'about'>): boolean {
  return rules.some((rule) => {
    switch (about?.kind) {
      case undefined:
        return true;
      case 'block':
        return about.transactions.some((transaction) => transactionPasses(rule, transaction));
      case 'transaction':
        if (!statusPasses(rule, about.status)) return false;
        return about.transaction === undefined || transactionPasses(rule, about.transaction);
      case 'asset':
        return statusPasses(rule, about.status) && operationPasses(rule, about.transaction, about.output);
    }
  });
}

function transactionPasses(rule: FilterRule, transaction: TransactionAbout): boolean {
  const { txid, outputs, inputs } = transaction;
  const { keys } = rule;
  const enough = (digits: string | undefined): boolean => amountPasses(rule, digits);
  if (keys === undefined || keys.txids?.includes(txid) === true) {
    if (rule.minAmountSats === undefined || outputs.some(({ value }) => enough(value))) return true;
  }
  if (keys === undefined) return false;
  const touches = (output: OutputAbout | undefined, outpoint: string): boolean => {
    const { addresses = [], asset, value, assetAmount } = output ?? {};
    return (
      (keys.outpoints?.includes(outpoint) === true && enough(value)) ||
      (addresses.some((address) => keys.addresses?.includes(address)) && enough(value)) ||
      (asset !== undefined && assetPasses(rule, asset) && enough(assetAmount))
    );
  };
  return (
    outputs.some((output) => touches(output, `${txid}:${output.n}`)) ||
    inputs.some(({ txid: spentTxid, vout, spent }) => touches(spent, `${spentTxid}:${vout}`))
  );
}

function operationPasses(rule: FilterRule, transaction: TransactionAbout, output: OutputAbout): boolean {
  if (!amountPasses(rule, output.assetAmount)) return false;
  const { keys } = rule;
  if (keys === undefined) return true;
  const isMine = (address: string): boolean => keys.addresses?.includes(address) === true;
  return (
    keys.txids?.includes(transaction.txid) === true ||
    output.addresses.some(isMine) ||
    assetPasses(rule, output.asset ?? '') ||
    keys.outpoints?.includes(`${transaction.txid}:${output.n}`) === true ||
    transaction.inputs.some(
      ({ txid, vout, spent }) =>
        keys.outpoints?.includes(`${txid}:${vout}`) === true || spent?.addresses.some(isMine) === true,
    )
  );
}

function assetPasses({ keys }: FilterRule, name: string): boolean {
  return (keys?.assets ?? []).some((pattern) => {
    if (!pattern.includes('*')) return pattern === name;
    const [beginning = '', ending = ''] = pattern.split('*');
    return (
      name.length >= beginning.length + ending.length && name.startsWith(beginning) && name.endsWith(ending)
    );
  });
}

function statusPasses({ statuses }: FilterRule, status: TransactionStatus): boolean {
  return statuses === undefined || statuses.includes(status);
}

function amountPasses({ minAmountSats }: FilterRule, digits: string | undefined): boolean {
  if (minAmountSats === undefined) return true;
  const sats = digits === undefined ? undefined : amountToSats(digits);
  return sats !== undefined && BigInt(sats) >= minAmountSats;
}
