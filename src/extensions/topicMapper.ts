import type { Logger } from 'pino';
import { deriveEvent } from '../feed/deriveEvent.js';
import type { DeriveEvent } from '../feed/derivedLog.js';
import type { LogEvent } from '../feed/eventLogTypes.js';
import { readNodeJson } from '../node/nodeJson.js';
import { createThrottledLog } from '../observe/throttledLog.js';
import type { TopicDefinition } from './defineTopic.js';
import { ExtensionDataError, printData } from './printData.js';
import type { ExtensionRpc } from './extensionRpc.js';
import { createCallsInTime, TIMEOUT } from './callsInTime.js';
import { thrownError } from './thrownError.js';
import type { EventTransaction, TopicEvent } from './topicEvents.js';

/** What has become of an event: a message was made of it, or none, or why it could not be said. */
export type MapOutcome = 'mapped' | 'nothing' | MapFailure;

/** Why an event could not be mapped. */
export type MapFailure =
  /** `map` threw. */
  | 'error'
  /** It took longer than the deadline. */
  | 'timeout'
  /** What it gave cannot be printed, or is too long. */
  | 'bad_result'
  /** Too many calls of it have not ended yet. */
  | 'busy';

/** Limits of one custom topic. */
export interface TopicMapperOptions {
  /** Longest time that `map` takes, in milliseconds. */
  readonly deadlineMs: number;
}

/** What it works with. */
export interface TopicMapperDeps {
  /** What `map` is given; it ends with the signal. */
  readonly rpc: (signal: AbortSignal) => ExtensionRpc;
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock; `performance.now` if absent. */
  readonly nowMs?: () => number;
}

/** Maps the events of one custom topic. */
export interface TopicMapper {
  readonly derive: DeriveEvent;
  readonly outcomes: Readonly<Record<MapOutcome, number>>;
  /** Calls of `map` that have not ended at their deadline, nor since. */
  readonly abandoned: number;
}

/** Longest data of a message. */
export const MAX_TOPIC_DATA_BYTES = 1024 * 1024;
/** Calls of `map` that may be abandoned at once; while there are as many, it is not called. */
export const MAX_ABANDONED_MAPS = 8;

const WORDS: Readonly<Record<MapFailure, string>> = {
  error: 'the map of this topic failed on an event',
  timeout: 'the map of this topic took too long for an event',
  bad_result: 'the map of this topic gave what is no message',
  busy: 'too many maps of this topic have not ended yet',
};

type Mapped =
  | { readonly type: 'mapped'; readonly dataJson: string }
  | { readonly type: 'nothing' }
  | { readonly type: MapFailure; readonly error?: Error };

/**
 * Keeps the failures of one custom topic from everything else. An event on which `map` fails is made into one of the type `unmapped`,
 * at the same place: who reads the topic knows that something is missing there, and what it was made of.
 */
export function createTopicMapper(
  definition: TopicDefinition,
  options: TopicMapperOptions,
  deps: TopicMapperDeps,
): TopicMapper {
  const { name } = definition;
  const trouble = createThrottledLog(deps.logger, deps.nowMs);
  const outcomes: Record<MapOutcome, number> = {
    mapped: 0,
    nothing: 0,
    error: 0,
    timeout: 0,
    bad_result: 0,
    busy: 0,
  };
  const calls = createCallsInTime(options.deadlineMs);

  async function attempt(event: LogEvent): Promise<Mapped> {
    if (calls.abandoned >= MAX_ABANDONED_MAPS) return { type: 'busy' };
    const run = new AbortController();
    try {
      const data = await calls.run(() => definition.map(read(event), deps.rpc(run.signal)));
      if (data === TIMEOUT) return { type: 'timeout' };
      if (data === undefined) return { type: 'nothing' };
      return { type: 'mapped', dataJson: printData(data, MAX_TOPIC_DATA_BYTES) };
    } catch (thrown) {
      // What it gave may throw anything too, while it is printed.
      const error = thrownError(thrown);
      return { type: error instanceof ExtensionDataError ? 'bad_result' : 'error', error };
    } finally {
      run.abort();
    }
  }

  return {
    outcomes,
    get abandoned() {
      return calls.abandoned;
    },
    async derive(event) {
      const mapped = await attempt(event);
      outcomes[mapped.type] += 1;
      switch (mapped.type) {
        case 'mapped':
          trouble.worksAgain('a custom topic works again');
          return deriveEvent(event, { type: name, topic: name }, mapped.dataJson);
        case 'nothing':
          trouble.worksAgain('a custom topic works again');
          return undefined;
        default:
          trouble.failed(
            mapped.type,
            {
              topic: name,
              cursor: event.cursor,
              ...(mapped.error === undefined ? {} : { err: mapped.error }),
            },
            WORDS[mapped.type],
          );
          return deriveEvent(
            event,
            { type: 'unmapped', topic: name },
            printUnmapped(event, name, mapped.type),
          );
      }
    },
  };
}

/** The event as `map` sees it: a copy, so that nothing it does to it is seen by filters, or by other topics. */
function read(event: LogEvent): TopicEvent {
  const { type, cursor, point, dataJson } = event;
  const transaction = transactionOf(event);
  const seen = {
    type,
    cursor,
    height: point.height,
    hash: point.hashHex,
    data: readNodeJson(dataJson),
    ...(transaction === undefined ? {} : { transaction: structuredClone(transaction) }),
  };
  return seen as TopicEvent;
}

function transactionOf({ about }: LogEvent): EventTransaction | undefined {
  return about === undefined || about.kind === 'block' ? undefined : about.transaction;
}

/** What the subscribers are told of an event that could not be mapped; the reason's own words are for the operator's log. */
function printUnmapped(event: LogEvent, topic: string, reason: MapFailure): string {
  const { type, point } = event;
  const txid = event.about?.kind === 'transaction' ? event.about.txid : transactionOf(event)?.txid;
  return JSON.stringify({
    topic,
    event: type,
    height: point.height,
    hash: point.hashHex,
    ...(txid === undefined ? {} : { txid }),
    reason,
    message: WORDS[reason],
  });
}
