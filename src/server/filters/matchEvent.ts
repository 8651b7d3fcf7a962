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
  /** Whether there are any: whoever asks for an address wants the spending of what it is paid, too. */
  byAddress(address: string, visit: (rule: R) => void): boolean;
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

/** Digits of one output, or outputs of which the largest counts. */
type Amount = string | undefined | readonly OutputAbout[];

/** What an event fulfils; used for one event after the other, so that one which nobody wants makes nothing. */
export interface Match<R extends Conditions> {
  /** Begins anew; without a status, every status will do. */
  begin(status: TransactionStatus | undefined): void;
  /** Each rule once; not changed by what follows. */
  readonly found: readonly R[];
  /** The rules that are looked up next are asked about this amount. */
  setAmount(amount: Amount): void;
  /** Takes a rule that has the key, if the event fulfils its conditions. */
  readonly take: (rule: R) => void;
}

const NOTHING: readonly never[] = [];
/** From this many on, a set says whether one was found before. */
const MANY = 8;

/**
 * The rules that an event fulfils, each once. What the gateway cannot say of an event is no reason to keep it back: an event of which
 * it is not known what it is about fulfils every rule, and so does `reorg`, which is about no transaction.
 */
export function matchEvent<R extends Conditions>(
  event: Pick<LogEvent, 'about'>,
  source: RuleSource<R>,
  known: KnownOutputs,
  match: Match<R> = createMatch(),
): readonly R[] {
  const { about } = event;
  match.begin(about === undefined || about.kind === 'block' ? undefined : about.status);
  switch (about?.kind) {
    case undefined:
      return everyRule(source, () => true);
    case 'block':
      for (const transaction of about.transactions) matchTransaction(transaction, source, known, match);
      break;
    case 'transaction':
      if (about.transaction === undefined) return everyRule(source, (rule) => hasStatus(rule, about.status));
      matchTransaction(about.transaction, source, known, match);
      break;
    case 'asset':
      matchOperation(about.transaction, about.output, source, known, match);
  }
  return match.found;
}

function everyRule<R extends Conditions>(
  source: RuleSource<R>,
  isWanted: (rule: R) => boolean,
): readonly R[] {
  const found: R[] = [];
  source.all((rule) => {
    if (isWanted(rule)) found.push(rule);
  });
  return found;
}

function matchTransaction<R extends Conditions>(
  { txid, outputs, inputs }: TransactionAbout,
  source: RuleSource<R>,
  known: KnownOutputs,
  match: Match<R>,
): void {
  const { take } = match;
  const { hasOutpoints } = source;
  match.setAmount(outputs);
  source.withoutKeys(take);
  source.byTxid(txid, take);
  for (const output of outputs) {
    const { n, asset, addresses } = output;
    match.setAmount(output.value);
    for (const address of addresses) {
      if (source.byAddress(address, take)) known.follow(txid, output);
    }
    if (hasOutpoints) source.byOutpoint(`${txid}:${n}`, take);
    if (asset === undefined) continue;
    match.setAmount(output.assetAmount);
    source.byAsset(asset, take);
  }
  for (const input of inputs) {
    const spent = known.spentBy(input);
    match.setAmount(spent?.value);
    if (hasOutpoints) source.byOutpoint(`${input.txid}:${input.vout}`, take);
    if (spent === undefined) continue;
    for (const address of spent.addresses) source.byAddress(address, take);
    if (spent.asset === undefined) continue;
    match.setAmount(spent.assetAmount);
    source.byAsset(spent.asset, take);
  }
}

/** An operation matches by its own output, and by whatever its transaction spends; the amount is always its own. */
function matchOperation<R extends Conditions>(
  { txid, inputs }: TransactionAbout,
  output: OutputAbout,
  source: RuleSource<R>,
  known: KnownOutputs,
  match: Match<R>,
): void {
  const { take } = match;
  const { hasOutpoints } = source;
  match.setAmount(output.assetAmount);
  source.withoutKeys(take);
  source.byTxid(txid, take);
  for (const address of output.addresses) {
    if (source.byAddress(address, take)) known.follow(txid, output);
  }
  if (output.asset !== undefined) source.byAsset(output.asset, take);
  if (hasOutpoints) source.byOutpoint(`${txid}:${output.n}`, take);
  for (const input of inputs) {
    if (hasOutpoints) source.byOutpoint(`${input.txid}:${input.vout}`, take);
    for (const address of known.spentBy(input)?.addresses ?? []) source.byAddress(address, take);
  }
}

/** Nothing found yet. */
export function createMatch<R extends Conditions>(): Match<R> {
  let status: TransactionStatus | undefined;
  let found: R[] | undefined;
  /** The same, where there are many. */
  let many: Set<R> | undefined;
  let amount: Amount;
  /** Of `amount`, once somebody has asked. */
  let sats: bigint | undefined;
  function isFound(rule: R): boolean {
    if (found === undefined) return false;
    if (found.length < MANY) return found.includes(rule);
    many ??= new Set(found);
    return many.has(rule);
  }

  return {
    begin(next) {
      status = next;
      found = undefined;
      many = undefined;
    },
    get found() {
      return found ?? NOTHING;
    },
    setAmount(next) {
      amount = next;
      sats = undefined;
    },
    take(rule) {
      if (isFound(rule) || (status !== undefined && !hasStatus(rule, status))) return;
      if (rule.minAmountSats !== undefined) {
        sats ??= satsOf(typeof amount === 'object' ? largestValue(amount) : amount);
        if (sats < rule.minAmountSats) return;
      }
      if (found === undefined) found = [rule];
      else found.push(rule);
      many?.add(rule);
    },
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
