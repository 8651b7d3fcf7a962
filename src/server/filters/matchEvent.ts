import type { OutputAbout, TransactionAbout } from '../../chain/transactionAbout.js';
import type { LogEvent } from '../../feed/eventLogTypes.js';
import type { KnownOutputs } from '../../feed/knownOutputs.js';
import { amountToSats } from '../../protocol/amount.js';
import type { TransactionStatus } from '../../protocol/events.js';

/** What a rule asks for besides its keys. */
export interface Conditions {
  /** 1e-8 units. */
  readonly minAmountSats?: bigint | undefined;
  readonly statuses?: ReadonlySet<TransactionStatus> | undefined;
}

/** Rules by their keys. Each method calls `visit` with every rule that has the key. */
export interface RuleSource<R extends Conditions> {
  byAddress(address: string, visit: (rule: R) => void): void;
  byAsset(name: string, visit: (rule: R) => void): void;
  byTxid(txid: string, visit: (rule: R) => void): void;
  byOutpoint(outpoint: string, visit: (rule: R) => void): void;
  /** Whether any rule has an outpoint for a key: their texts are made only then. */
  readonly hasOutpoints: boolean;
  /** Rules that have conditions only. */
  withoutKeys(visit: (rule: R) => void): void;
  /** Every rule. */
  all(visit: (rule: R) => void): void;
}

type Digits = () => string | undefined;

/**
 * The rules that an event fulfils, each once. What the gateway cannot say of an event is no reason to keep it back: an event of which
 * it is not known what it is about fulfils every rule, and so does `reorg`, which is about no transaction.
 */
export function matchEvent<R extends Conditions>(
  event: Pick<LogEvent, 'about'>,
  source: RuleSource<R>,
  known: KnownOutputs,
): ReadonlySet<R> {
  const found = new Set<R>();
  const { about } = event;
  switch (about?.kind) {
    case undefined:
      source.all((rule) => found.add(rule));
      break;
    case 'block':
      for (const transaction of about.transactions) {
        matchTransaction(transaction, undefined, source, known, found);
      }
      break;
    case 'transaction':
      if (about.transaction === undefined) {
        source.all((rule) => {
          if (hasStatus(rule, about.status)) found.add(rule);
        });
      } else {
        matchTransaction(about.transaction, about.status, source, known, found);
      }
      break;
    case 'asset':
      matchOperation(about.transaction, about.output, about.status, source, known, found);
  }
  return found;
}

function matchTransaction<R extends Conditions>(
  transaction: TransactionAbout,
  status: TransactionStatus | undefined,
  source: RuleSource<R>,
  known: KnownOutputs,
  found: Set<R>,
): void {
  const { txid, outputs, inputs } = transaction;
  const visitor = (digits: Digits) => visitorOf(found, status, digits);
  const largest = visitor(() => largestValue(outputs));
  source.withoutKeys(largest);
  source.byTxid(txid, largest);
  for (const output of outputs) {
    const { n, asset, addresses } = output;
    const byValue = visitor(() => output.value);
    for (const address of addresses) matchPaid(address, byValue, txid, output, source, known);
    if (asset !== undefined)
      source.byAsset(
        asset,
        visitor(() => output.assetAmount),
      );
    if (source.hasOutpoints) source.byOutpoint(`${txid}:${n}`, byValue);
  }
  for (const input of inputs) {
    const spent = known.spentBy(input);
    const byValue = visitor(() => spent?.value);
    if (source.hasOutpoints) source.byOutpoint(`${input.txid}:${input.vout}`, byValue);
    if (spent === undefined) continue;
    for (const address of spent.addresses) source.byAddress(address, byValue);
    if (spent.asset !== undefined)
      source.byAsset(
        spent.asset,
        visitor(() => spent.assetAmount),
      );
  }
}

/** An operation matches by its own output, and by whatever its transaction spends; the amount is always its own. */
function matchOperation<R extends Conditions>(
  transaction: TransactionAbout,
  output: OutputAbout,
  status: TransactionStatus,
  source: RuleSource<R>,
  known: KnownOutputs,
  found: Set<R>,
): void {
  const { txid, inputs } = transaction;
  const visit = visitorOf(found, status, () => output.assetAmount);
  source.withoutKeys(visit);
  source.byTxid(txid, visit);
  for (const address of output.addresses) matchPaid(address, visit, txid, output, source, known);
  if (output.asset !== undefined) source.byAsset(output.asset, visit);
  if (source.hasOutpoints) source.byOutpoint(`${txid}:${output.n}`, visit);
  for (const input of inputs) {
    if (source.hasOutpoints) source.byOutpoint(`${input.txid}:${input.vout}`, visit);
    for (const address of known.spentBy(input)?.addresses ?? []) source.byAddress(address, visit);
  }
}

/** Whoever asks for an address wants the output's spending too. */
function matchPaid<R extends Conditions>(
  address: string,
  visit: (rule: R) => void,
  txid: string,
  output: OutputAbout,
  source: RuleSource<R>,
  known: KnownOutputs,
): void {
  let asking = 0;
  source.byAddress(address, (rule) => {
    asking += 1;
    visit(rule);
  });
  if (asking > 0) known.follow(txid, output);
}

function visitorOf<R extends Conditions>(
  found: Set<R>,
  status: TransactionStatus | undefined,
  digits: Digits,
): (rule: R) => void {
  let sats: bigint | undefined;
  const hasAmount = (least: bigint): boolean => {
    sats ??= satsOf(digits());
    return sats >= least;
  };
  return (rule) => {
    if (found.has(rule) || (status !== undefined && !hasStatus(rule, status))) return;
    if (rule.minAmountSats === undefined || hasAmount(rule.minAmountSats)) found.add(rule);
  };
}

function hasStatus(rule: Conditions, status: TransactionStatus): boolean {
  return rule.statuses === undefined || rule.statuses.has(status);
}

/** An amount that is not known is less than any. */
const UNKNOWN_SATS = -1n;

function satsOf(digits: string | undefined): bigint {
  const sats = digits === undefined ? undefined : amountToSats(digits);
  return sats === undefined ? UNKNOWN_SATS : BigInt(sats);
}

function largestValue(outputs: readonly OutputAbout[]): string | undefined {
  let largest: string | undefined;
  for (const { value } of outputs) {
    if (largest === undefined || satsOf(value) > satsOf(largest)) largest = value;
  }
  return largest;
}
