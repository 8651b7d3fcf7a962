import type { Logger } from 'pino';
import type { Archive } from '../../feed/archive.js';
import type { LogEvent, ReadableLog } from '../../feed/eventLogTypes.js';
import { ReplayError, type ReplayStart } from '../../feed/replayTypes.js';
import { backoffMs } from '../../node/backoff.js';
import { RpcMalformedError, RpcReplyError, RpcUnavailableError } from '../../node/rpcTypes.js';
import type { ErrorName } from '../../protocol/codes.js';
import { formatTipCursor, parseCursor } from '../../protocol/cursor.js';
import type { ChainPoint } from '../../protocol/events.js';
import type { From } from '../../protocol/parseFrom.js';
import type { Topic } from '../../protocol/topics.js';
import type { Position } from '../hub/reader.js';

/** What a catch-up tells its subscription. Nothing is told once it was cancelled. */
export interface CatchUpListener {
  /** Events to write, in order. */
  onEvents(events: readonly LogEvent[]): void;
  /** There is still some way to go. */
  onProgress(at: ChainPoint, target: ChainPoint): void;
  /** What cannot be read again: for each of these topics, everything between the two cursors that is not in the chain. */
  onGap(topics: readonly Topic[], fromCursor: string | undefined, toCursor: string): void;
  /**
   * The chain is told. The subscription goes on in the log after this event, at this very moment: `false` when that place
   * has left the log's memory already.
   */
  onLogReached(topics: readonly Topic[], position: Position): boolean;
  /** It cannot go on; `cursor` is the last event that was told. */
  onFailed(error: ErrorName, message: string, cursor: string | undefined): void;
  /** Resolves when the connection takes bytes again, or has ended. */
  room(): Promise<void>;
  /** Whether blocks are to come with what their transactions are about, if no wanted topic has them anyway. */
  readonly needsTransactions: boolean;
}

/** What a catch-up works with. */
export interface CatchUpDeps {
  /** Whose events cursors name. */
  readonly log: Pick<ReadableLog, 'epoch' | 'headSeq'>;
  readonly archive: Pick<Archive, 'replay' | 'present' | 'snapshot'>;
  /** Whether the log has every event of these topics behind this number. */
  readonly covers: (topics: Iterable<Topic>, afterSeq: number) => boolean;
  /** Hash of the running chain's genesis block; absent until the node has said. */
  readonly genesisHash: () => string | undefined;
  readonly encode: () => { readonly chainId: string; readonly epoch: string };
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** One subscription on its way from the past to the log. */
export interface CatchUp {
  /** Topics that are still wanted. */
  readonly topics: ReadonlySet<Topic>;
  /** Some of its topics are wanted no more; it ends with the last. */
  drop(topics: readonly Topic[]): void;
  /** The last event that was told, or the start; absent when nothing was told yet of a start that is no cursor. */
  resumeCursor(): string | undefined;
  /** Resolves when it has reached the log, has failed, or was cancelled. Never rejects. */
  readonly done: Promise<void>;
}

/** What is not in the chain, and so cannot be told again. */
const UNREPEATABLE_TOPICS: readonly Topic[] = [
  'transactions',
  'assets',
  'mempool',
  'sequence',
  'peers',
  'mining',
];
/** A node that cannot be asked is waited for this long; then the subscription ends with an error. */
const PATIENCE_MS = 60_000;
const RETRY = { firstMs: 250, capMs: 4000 } as const;

/**
 * Tells a subscription everything from its start to the log: at once from the log where the cursor is of this log and in memory,
 * otherwise from the chain, with what cannot be read again named as a gap. A node that is away is waited for.
 */
export function startCatchUp(
  from: From,
  wantedTopics: readonly Topic[],
  listener: CatchUpListener,
  deps: CatchUpDeps,
): CatchUp {
  const topics = new Set(wantedTopics);
  const startCursor = from.type === 'cursor' ? from.cursor : undefined;
  let lastCursor: string | undefined;
  let told = 0;

  const tell = async (events: readonly LogEvent[], upTo?: string): Promise<void> => {
    const some = events.filter((event) => topics.has(event.topic));
    const reached = upTo ?? some.at(-1)?.cursor;
    if (reached === undefined) return;
    lastCursor = reached;
    told += 1;
    if (some.length === 0) return;
    listener.onEvents(some);
    await listener.room();
  };

  const startOfReplay = (): ReplayStart => {
    const cursor = lastCursor === undefined ? undefined : parseCursor(lastCursor);
    if (cursor !== undefined) return { type: 'after_cursor', cursor };
    switch (from.type) {
      case 'cursor':
        return { type: 'after_cursor', cursor: from.cursor };
      case 'points':
        return { type: 'after_points', points: from.points };
      case 'height':
        return { type: 'from_height', height: from.height };
      case 'invalid':
        throw new Error('an invalid start is refused before');
    }
  };

  /** The cursor is of this log, and what follows it is in memory, whole. */
  const isInLog = (): boolean => {
    if (startCursor?.epoch !== deps.log.epoch || startCursor.seq === 0) return false;
    if (startCursor.seq > deps.log.headSeq) {
      throw new ReplayError(
        'cursor_from_future',
        'the cursor names an event that this gateway has not told yet: take the cursor as it was received',
      );
    }
    const made = listener.needsTransactions ? [...topics, 'transactions' as const] : topics;
    if (!deps.covers(made, startCursor.seq)) return false;
    return listener.onLogReached([...topics], { seq: startCursor.seq, cursor: cursorText(from) });
  };

  /** A function, because it changes while a step is awaited. */
  const isDropped = (): boolean => topics.size === 0;

  /** Tells the chain until the log's tip is reached. */
  const tellChain = async (): Promise<void> => {
    const replay = deps.archive.replay(startOfReplay(), topics, listener.needsTransactions);
    try {
      while (!isDropped()) {
        const { value: step } = await replay.next();
        if (isDropped()) return;
        if (step.type === 'events') await tell(step.events, step.upTo);
        else if (step.type === 'progress') listener.onProgress(step.at, step.target);
        else if (step.type === 'in_log' && listener.onLogReached([...topics], step.position)) return;
        else if (step.type === 'at_tip' && (await joinLog(step.tip))) return;
      }
    } finally {
      await replay.return(undefined as never);
    }
  };

  /** The replay stands at the log's tip, or did a moment ago. Returns whether the subscription is in the log now. */
  const joinLog = async (tip: ChainPoint): Promise<boolean> => {
    const present = deps.archive.present();
    if (present.tip?.hashHex !== tip.hashHex) return false;
    const lost = UNREPEATABLE_TOPICS.filter((topic) => topics.has(topic));
    const position = { seq: present.seq, cursor: formatTipCursor(tip, deps.encode()) };
    if (lost.length === 0) return listener.onLogReached([...topics], position);
    listener.onGap(lost, cursorText(from), position.cursor);
    // What the gap made the client forget comes again from here on, and perhaps not from any place before it.
    lastCursor = position.cursor;
    for await (const events of deps.archive.snapshot(tip, topics)) {
      await tell(events);
      if (topics.size === 0) return true;
    }
    return listener.onLogReached([...topics], position);
  };

  const run = async (): Promise<void> => {
    let waitingSinceMs: number | undefined;
    for (let attempt = 0; topics.size > 0; attempt += 1) {
      const toldBefore = told;
      try {
        if (lastCursor === undefined && isInLog()) return;
        await tellChain();
        return;
      } catch (error) {
        if (!isNodesFailure(error)) throw error;
        const progressed = told > toldBefore;
        if (progressed) attempt = 0;
        waitingSinceMs = progressed ? deps.nowMs() : (waitingSinceMs ?? deps.nowMs());
        if (error instanceof RpcUnavailableError && error.reason === 'closed') return;
        if (deps.nowMs() - waitingSinceMs >= PATIENCE_MS) throw error;
        await deps.sleep(backoffMs(attempt, deps.random(), RETRY));
      }
    }
  };

  const fail = (error: unknown): void => {
    if (topics.size === 0) return;
    if (error instanceof ReplayError) listener.onFailed(error.errorName, error.message, lastCursor);
    else if (isNodesFailure(error)) {
      listener.onFailed('node_unavailable', 'the node cannot be asked now; try again later', lastCursor);
    } else {
      deps.logger.error({ err: error }, 'a replay of the past failed');
      listener.onFailed('internal', 'the past could not be read; try again later', lastCursor);
    }
  };

  const genesisHash = deps.genesisHash();
  const isOtherChain =
    startCursor !== undefined && genesisHash !== undefined && !genesisHash.startsWith(startCursor.chainId);
  return {
    topics,
    resumeCursor: () => lastCursor ?? cursorText(from),
    drop(dropped) {
      for (const topic of dropped) topics.delete(topic);
    },
    done: isOtherChain
      ? Promise.resolve().then(() => {
          fail(new ReplayError('cursor_other_chain', 'the cursor belongs to another chain'));
        })
      : run().catch(fail),
  };
}

/** The node could not answer, or not so that it can be used: it may next time. */
function isNodesFailure(error: unknown): boolean {
  return (
    error instanceof RpcUnavailableError ||
    error instanceof RpcMalformedError ||
    error instanceof RpcReplyError
  );
}

function cursorText(from: From): string | undefined {
  return from.type === 'cursor' ? from.text : undefined;
}
