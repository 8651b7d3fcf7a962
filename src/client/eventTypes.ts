import type { EVENT_TOPICS, EventType } from '../protocol/events.js';
import type { Topic } from '../protocol/topics.js';
import type {
  BlockData,
  ReorgData,
  TransactionData,
  AssetData,
  MempoolData,
  SequenceData,
  FinalData,
  PeerData,
  MiningData,
  GapData,
  SkippedData,
} from './eventData.js';
import type { ExactDecimal } from './exactNumber.js';
import type { JsonValue, NumberMode } from './jsonValue.js';

/** `data` by event type. */
interface DataByType extends Readonly<Record<EventType, object>> {
  readonly block: BlockData;
  readonly block_disconnected: BlockData;
  readonly reorg: ReorgData;
  readonly transaction: TransactionData;
  readonly asset: AssetData;
  readonly mempool: MempoolData;
  readonly sequence: SequenceData;
  readonly final: FinalData;
  readonly peer: PeerData;
  readonly mining: MiningData;
}

/** Event types by the name that is subscribed to. */
interface TypesByTopic {
  readonly block: TypesOf<'blocks'>;
  readonly blocks: TypesOf<'blocks'>;
  readonly transaction: TypesOf<'transactions'>;
  readonly transactions: TypesOf<'transactions'>;
  readonly asset: TypesOf<'assets'>;
  readonly assets: TypesOf<'assets'>;
  readonly mempool: TypesOf<'mempool'>;
  readonly sequence: TypesOf<'sequence'>;
  readonly finality: TypesOf<'finality'>;
  readonly peer: TypesOf<'peers'>;
  readonly peers: TypesOf<'peers'>;
  readonly mining: TypesOf<'mining'>;
  readonly all: Exclude<EventType, TypesOf<'finality' | 'peers' | 'mining'>>;
}

/** Event types of a topic. */
type TypesOf<Name extends Topic> = {
  [Type in EventType]: (typeof EVENT_TOPICS)[Type] extends Name ? Type : never;
}[EventType];

/** Every name that can be subscribed to. */
export type TopicName = keyof TypesByTopic;

/** An event of a type. */
type TypedEvent<Type extends EventType> = Type extends EventType
  ? {
      readonly type: Type;
      readonly topic: (typeof EVENT_TOPICS)[Type];
      /** Its position: keep it, and subscribe `from` it to go on behind this event. */
      readonly cursor: string;
      readonly data: DataByType[Type];
    }
  : never;

/** Something was lost, which is told at its place among the events. */
export interface GapEvent {
  readonly type: 'gap';
  readonly topic: string;
  /** A gap is no place to go on from: keep the cursor of the event before it. */
  readonly cursor: null;
  readonly data: GapData;
}

/** Events were left out, as the subscription wanted it with `onSlow`. */
export interface SkippedEvent {
  readonly type: 'skipped';
  readonly topic: string;
  /** What comes after it is given again. */
  readonly cursor: string;
  readonly data: SkippedData;
}

/** An event whose numbers were not read. */
export interface RawEvent {
  /** One of the event types, `gap`, `skipped`, or one that this version does not know. */
  readonly type: string;
  readonly topic: string;
  /** `null` of a `gap`. */
  readonly cursor: string | null;
  /** The text of the message's `data`. */
  readonly data: string;
  /** The whole message. */
  readonly text: string;
}

/** What a subscription to a topic gives. */
export type EventOf<Name extends TopicName, Mode extends NumberMode = 'lossless'> = Mode extends 'raw'
  ? RawEvent
  : TypedEvent<TypesByTopic[Name]> | GapEvent | SkippedEvent;

/** Results of commands whose shape is simple. */
interface KnownResults {
  readonly getblockcount: number;
  readonly getbestblockhash: string;
  readonly getblockhash: string;
  readonly getconnectioncount: number;
  readonly uptime: number;
  readonly getdifficulty: ExactDecimal;
}

/** What a command gives. */
export type ResultOf<Command extends string, Mode extends NumberMode = 'lossless'> = Mode extends 'raw'
  ? string
  : Command extends keyof KnownResults
    ? KnownResults[Command]
    : JsonValue;
