import type { ReceivedMessage } from './webSocketClient.js';

type Json = ReceivedMessage['json'];

/** Keys of a filter by kind. */
export interface Keys {
  readonly addresses: readonly string[];
  readonly txids: readonly string[];
  readonly outpoints: readonly string[];
}

/** What a client was sent, held against what a client without a filter was sent. */
export interface UpdateVerdict {
  /** What was sent and should not have been, was not and should have been, or in another order or form. */
  readonly mistakes: readonly string[];
  /** Updates that were acknowledged. */
  readonly acknowledged: number;
  readonly sent: number;
  readonly heldBack: number;
  /** Events on which the keys before and behind a change disagree. */
  readonly changedVerdicts: number;
}

interface VerboseTransaction {
  readonly txid: string;
  readonly vin?: readonly { readonly txid?: string; readonly vout?: number; readonly address?: string }[];
  readonly vout?: readonly {
    readonly n: number;
    readonly scriptPubKey: { readonly addresses?: readonly string[] };
  }[];
}

/** Says of a client whose filter changes what it should have been sent. */
export interface UpdateOracle {
  /** Notes a change that is asked for: removed first, then added. */
  request(add: Keys, remove: Keys): void;
  /** The keys after everything that was asked for. */
  requested(): Keys;
  /** What a filter could name of these events. */
  keysOf(messages: readonly Json[]): Keys;
  /** `whole` is of a client without a filter; the client with the filter also has topics without. */
  judge(whole: readonly ReceivedMessage[], filtered: readonly ReceivedMessage[]): UpdateVerdict;
}

/**
 * Of a filter that begins with these keys. Its node has a spent index: what an input spends, the event says, but where its block had left
 * the chain when it was read. Then another event of the same transaction says it, and the gateway may know it or not.
 */
export function createUpdateOracle(first: Keys): UpdateOracle {
  const states: Keys[] = [first];
  const newest = (): Keys => states.at(-1) ?? first;

  return {
    requested: newest,
    request(add, remove) {
      const changed = (kind: keyof Keys): readonly string[] => [
        ...new Set([...newest()[kind].filter((key) => !remove[kind].includes(key)), ...add[kind]]),
      ];
      states.push({
        addresses: changed('addresses'),
        txids: changed('txids'),
        outpoints: changed('outpoints'),
      });
    },
    keysOf(messages) {
      const transactions = messages.filter(isTransaction).map(transactionOf);
      return {
        addresses: transactions.flatMap(addressesOf),
        txids: transactions.map(({ txid }) => txid),
        outpoints: transactions.flatMap(({ txid, vout = [] }) => vout.map(({ n }) => `${txid}:${n}`)),
      };
    },
    judge: (whole, filtered) => judge(states, whole, filtered),
  };
}

function judge(
  states: readonly Keys[],
  whole: readonly ReceivedMessage[],
  filtered: readonly ReceivedMessage[],
): UpdateVerdict {
  const known = new Map<string, VerboseTransaction>();
  for (const { json } of whole.filter((message) => isTransaction(message.json))) {
    const transaction = transactionOf(json);
    const earlier = known.get(transaction.txid);
    const isFuller = earlier === undefined || addressesOf(transaction).length > addressesOf(earlier).length;
    // What has left without a trace is told by its txid alone.
    if (transaction.vout !== undefined && isFuller) known.set(transaction.txid, transaction);
  }
  const mistakes: string[] = [];
  let [sent, heldBack, changedVerdicts, state] = [0, 0, 0, 0];
  /** As far as all events of the transaction tell. */
  const mayPass = (message: ReceivedMessage, keys: Keys): boolean => {
    const transaction = known.get(transactionOf(message.json).txid);
    return transaction === undefined || matches(transaction, keys);
  };
  /** By what the event itself tells, or, where it tells nothing, the others. */
  const passes = (message: ReceivedMessage, keys: Keys): boolean => {
    const transaction = transactionOf(message.json);
    return transaction.vout === undefined ? mayPass(message, keys) : matches(transaction, keys);
  };
  const keysAt = (index: number): Keys => states[index] ?? { addresses: [], txids: [], outpoints: [] };
  let open = whole.filter(({ json }) => isTransaction(json));
  // Events from before the filter are no concern of it.
  const begin = filtered.findIndex(({ json }) => json.id === 0);
  open = open.filter(({ json }) => seqOf(json) > headSeq(filtered.slice(0, begin)));

  /** Events of the log up to `seq` that were not sent: which of the states between two decide is not known, one place is. */
  const passOver = (upTo: number, from: number, to: number): void => {
    let at = from;
    while (open[0] !== undefined && seqOf(open[0].json) < upTo) {
      const [event] = open.splice(0, 1);
      if (event === undefined) break;
      const first = at;
      while (at < to && passes(event, keysAt(at))) at += 1;
      if (passes(event, keysAt(at))) mistakes.push(`not sent with the keys ${at}: ${short(event)}`);
      if (first !== at) changedVerdicts += 1;
      heldBack += 1;
    }
  };

  /** Changes acknowledged since the last event, which is where `state` counts. */
  let acknowledged = 0;
  for (const message of filtered.slice(begin + 1)) {
    const { json } = message;
    if (json.action === 'update') {
      acknowledged += 1;
      if (json.id !== acknowledged || json.status !== 'success') {
        mistakes.push(`acknowledgement ${acknowledged}: ${message.text}`);
      }
      continue;
    }
    if (json.cursor === undefined || json.type === 'subscription') continue;
    passOver(seqOf(json), state, acknowledged);
    state = acknowledged;
    if (!isTransaction(json)) continue;
    const [event] = open.splice(0, 1);
    if (event?.text !== message.text)
      mistakes.push(`other than the log has it: ${message.text.slice(0, 200)}`);
    else if (!mayPass(event, keysAt(state))) mistakes.push(`sent with the keys ${state}: ${short(event)}`);
    else if (state > 0 && !passes(event, keysAt(state - 1))) changedVerdicts += 1;
    sent += 1;
  }
  passOver(Infinity, state, acknowledged);
  return { mistakes, acknowledged, sent, heldBack, changedVerdicts };
}

function matches({ txid, vin = [], vout = [] }: VerboseTransaction, keys: Keys): boolean {
  const isMine = (address: string): boolean => keys.addresses.includes(address);
  return (
    keys.txids.includes(txid) ||
    vout.some(
      ({ n, scriptPubKey }) =>
        keys.outpoints.includes(`${txid}:${n}`) || (scriptPubKey.addresses ?? []).some(isMine),
    ) ||
    vin.some(
      (input) =>
        keys.outpoints.includes(`${input.txid ?? ''}:${input.vout ?? ''}`) ||
        (input.address !== undefined && isMine(input.address)),
    )
  );
}

const isTransaction = ({ type }: Json): boolean => type === 'transaction';
const transactionOf = ({ data }: Json): VerboseTransaction => data as unknown as VerboseTransaction;
const addressesOf = ({ vin = [], vout = [] }: VerboseTransaction): readonly string[] => [
  ...vout.flatMap(({ scriptPubKey }) => scriptPubKey.addresses ?? []),
  ...vin.flatMap(({ address }) => (address === undefined ? [] : [address])),
];
/** The number of an event in the log, as its cursor has it. */
const seqOf = ({ cursor = '' }: Json): number => Number(cursor.split('.')[3]);
const headSeq = (messages: readonly ReceivedMessage[]): number =>
  Math.max(0, ...messages.filter(({ json }) => json.cursor !== undefined).map(({ json }) => seqOf(json)));
const short = ({ json }: ReceivedMessage): string =>
  `${seqOf(json)} ${String(json.data?.['status'])} ${transactionOf(json).txid}`;
