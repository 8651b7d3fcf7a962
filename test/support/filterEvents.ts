import type {
  EventAbout,
  InputAbout,
  OutputAbout,
  TransactionAbout,
} from '../../src/chain/transactionAbout.js';
import type { LogEvent } from '../../src/feed/eventLogTypes.js';
import { createKnownOutputs, type KnownOutputs } from '../../src/feed/knownOutputs.js';
import { EVENT_TOPICS, type EventType } from '../../src/protocol/events.js';

/** Nothing known, with room for much. */
export function newKnownOutputs(limits: { maxRecent?: number; maxFollowed?: number } = {}): KnownOutputs {
  return createKnownOutputs({ maxRecent: 100_000, maxFollowed: 100_000, ...limits });
}

/** An output that pays EVR, or units of an asset. */
export function output(n: number, address: string, value = '1.00000000', asset?: string): OutputAbout {
  return asset === undefined
    ? { n, addresses: [address], value }
    : { n, addresses: [address], value: '0.00000000', asset, assetAmount: value };
}

/** A transaction; inputs as `txid:vout`. */
export function transaction(
  txid: string,
  outputs: readonly OutputAbout[],
  inputs: readonly (string | InputAbout)[] = [],
): TransactionAbout {
  return {
    txid,
    outputs,
    inputs: inputs.map((input) => {
      if (typeof input !== 'string') return input;
      const [spentTxid = '', vout] = input.split(':');
      return { txid: spentTxid, vout: Number(vout) };
    }),
  };
}

/** An event of a log that is about this. */
export function eventOf(type: EventType, about?: EventAbout): LogEvent {
  return {
    seq: 1,
    topic: EVENT_TOPICS[type],
    type,
    point: { height: 1, hashHex: 'ab'.repeat(32) },
    cursor: '',
    message: Buffer.from('{}'),
    dataJson: Buffer.from('{}'),
    ...(about === undefined ? {} : { about }),
  };
}

/** The event of a transaction. */
export function transactionEvent(
  about: TransactionAbout,
  status: Extract<EventAbout, { kind: 'transaction' }>['status'] = 'mempool',
): LogEvent {
  return eventOf('transaction', { kind: 'transaction', txid: about.txid, status, transaction: about });
}
