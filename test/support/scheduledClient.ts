import { ERROR_CODES } from '../../src/protocol/codes.js';
import { parseCursor } from '../../src/protocol/cursor.js';
import { parseTopic, type Topic } from '../../src/protocol/topics.js';
import type { MemoryConnection, ReadingPace } from './memoryConnection.js';
import type { MemoryGateway } from './memoryGateway.js';
import type { ModelChain } from './modelChain.js';
import { createSubscriptionFold, type SubscriptionFold } from './subscriptionFold.js';
import type { ReceivedMessage } from './webSocketClient.js';

/** What a client wants, and how it reads. */
export interface ClientPlan {
  /** Topic names of its subscriptions; no topic is in two of them. */
  readonly topicNames: readonly string[];
  readonly start: 'genesis' | 'live';
  readonly pace: ReadingPace;
}

/** From where a client goes on after a cut. */
export type ResumeFrom =
  /** The last event that it read. */
  | 'last'
  /** An older event, with what it knew then. */
  | 'older'
  /** The newest of the blocks that it knows; for subscriptions to blocks alone, others go on from the last event. */
  | 'points'
  /** From the first block on, knowing nothing. */
  | 'genesis';

/** A client that reconnects for ever and remembers what it was told. */
export interface ScheduledClient {
  /** Cuts its connection, now or after reading so many more messages, and goes on from there. */
  cut(from: ResumeFrom, afterMessages: number): void;
  setPace(pace: ReadingPace): void;
  /** Whether everything that was written to it is read, and every subscription is live. */
  readonly isQuiet: boolean;
  readonly state: string;
  /** What did not fit, and, when everything is quiet, what differs from the truth. */
  mistakes(): readonly string[];
  differences(): readonly string[];
  end(): void;
}

/** Milliseconds until a client connects again. */
const RECONNECT_MS = 20;
/** Milliseconds until a refused subscription is tried again. */
const RETRY_MS = 500;
const RETRYABLE: readonly unknown[] = [ERROR_CODES.node_unavailable, ERROR_CODES.too_many_replays];
const MAX_REMEMBERED = 6;

interface Wanted {
  readonly name: string;
  readonly topics: ReadonlySet<Topic>;
  fold: SubscriptionFold | undefined;
  cursor: string | undefined;
  /** What goes into the next `from`; the cursor if absent. */
  points: readonly { readonly height: number; readonly hash: string }[] | undefined;
  isLive: boolean;
  remembered: { readonly cursor: string; readonly fold: SubscriptionFold }[];
}

/** A client of whichever gateway `gateway` gives; it is there at once. */
export function createScheduledClient(
  plan: ClientPlan,
  model: ModelChain,
  gateway: () => MemoryGateway | undefined,
): ScheduledClient {
  const wanted: Wanted[] = plan.topicNames.map((name) => ({
    name,
    topics: new Set(parseTopic(name)),
    fold: undefined,
    cursor: undefined,
    points: undefined,
    isLive: false,
    remembered: [],
  }));
  const mistakes: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let connection: MemoryConnection | undefined;
  let pace = plan.pace;
  let cutting: { left: number; readonly from: ResumeFrom } | undefined;
  let read = 0;
  let ended = false;

  const later = (ms: number, work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!ended) work();
    }, ms);
    timers.add(timer);
  };

  const connect = (): void => {
    const target = gateway();
    const tip = target?.follower.state().tip;
    // Who starts live is compared with what the gateway knew then.
    const needsTip = plan.start === 'live' && wanted.some(({ fold }) => fold === undefined);
    if (target?.isUp !== true || (needsTip && tip === undefined)) {
      later(RECONNECT_MS, connect);
      return;
    }
    const own = target.connect(
      {
        onMessage(text) {
          if (connection === own) receive(text);
        },
        onClosed(code, reason) {
          if (connection === own) closed(code, reason);
        },
      },
      pace,
    );
    connection = own;
    for (const each of wanted) subscribe(each, target);
  };

  const subscribe = (each: Wanted, target: MemoryGateway): void => {
    each.isLive = false;
    const { tip } = target.follower.state();
    let from: unknown = each.points ?? each.cursor;
    if (from === undefined || each.fold === undefined) {
      if (plan.start === 'live' && tip !== undefined) {
        // Without an event there is no place to go on from: everything is as it is now.
        const mempool = target.follower.mempool().transactions.map(({ txid }) => txid);
        each.fold = createSubscriptionFold(model, each.topics, {
          type: 'live',
          tipHash: tip.hashHex,
          mempool,
        });
      } else {
        each.fold = createSubscriptionFold(model, each.topics, { type: 'genesis' });
        from = 'genesis';
      }
    }
    connection?.say(
      JSON.stringify({
        action: 'subscribe',
        topic: each.name,
        id: each.name,
        ...(from === undefined ? {} : { from }),
      }),
    );
    if (from === undefined) each.isLive = true;
  };

  const receive = (text: string): void => {
    const json = JSON.parse(text) as ReceivedMessage['json'];
    read += 1;
    take(json, text);
    if (cutting === undefined) return;
    cutting.left -= 1;
    if (cutting.left <= 0) cutNow(cutting.from);
  };

  const take = (json: ReceivedMessage['json'], text: string): void => {
    if (json.type === 'welcome') return;
    if (json.type === 'error') {
      refused(json, text);
      return;
    }
    if (json.type === 'subscription') {
      const each = wanted.find(({ name }) => name === json.id);
      if (each === undefined) return;
      // A subscription that begins now names the place where it does.
      if (json.status === 'success') each.cursor ??= json.cursor;
      if (json.status !== 'live') return;
      if (each.isLive) mistakes.push(`${each.name}: live twice: ${text}`);
      each.isLive = true;
      placeOfPoints(each, json.cursor, text);
      if (json.cursor !== undefined) each.cursor = json.cursor;
      return;
    }
    const each = wanted.find(({ topics }) => topics.has(json.topic as Topic));
    if (each?.fold === undefined) {
      mistakes.push(`nobody asked for ${text}`);
      return;
    }
    // What is undone first is the place itself; what is connected first stands on it.
    placeOfPoints(each, json.data?.[json.type === 'block_disconnected' ? 'hash' : 'previousblockhash'], text);
    const problem = each.fold.apply(json);
    if (problem !== undefined) mistakes.push(`${each.name}: ${problem}: ${text}`);
    each.cursor = json.cursor;
    if (read % 4 === 0 && json.cursor !== undefined && json.type !== 'gap') {
      each.remembered.push({ cursor: json.cursor, fold: each.fold.clone() });
      if (each.remembered.length > MAX_REMEMBERED) each.remembered.shift();
    }
  };

  /** The first word after a resume from points says which of them it was. */
  const placeOfPoints = (each: Wanted, place: unknown, text: string): void => {
    if (each.points === undefined) return;
    const hash = parseCursor(String(place))?.point.hashHex ?? String(place);
    each.points = undefined;
    if (each.fold?.cutBackTo(hash) === false) {
      mistakes.push(`${each.name}: none of the points that were given is meant: ${text}`);
    }
  };

  const refused = (json: ReceivedMessage['json'], text: string): void => {
    const names = json.id === undefined ? String(json.topic).split(',') : [json.id];
    const code = json.data?.['code'];
    const pointed = wanted.filter(({ name, points }) => points !== undefined && names.includes(name));
    if (code === ERROR_CODES.unknown_block && pointed.length > 0) {
      // None of the blocks is on the chain any more. The cursor still leads back.
      for (const each of pointed) each.points = undefined;
    } else if (!RETRYABLE.includes(code)) {
      mistakes.push(`refused: ${text}`);
      return;
    }
    for (const each of wanted) {
      if (!names.includes(each.name) && !names.some((name) => each.topics.has(name as Topic))) continue;
      each.isLive = false;
      const own = connection;
      later(RETRY_MS, () => {
        const target = gateway();
        if (own !== undefined && own === connection && target !== undefined) subscribe(each, target);
      });
    }
  };

  const closed = (code: number, reason: string): void => {
    connection = undefined;
    cutting = undefined;
    const only = wanted.length === 1 ? wanted[0] : undefined;
    const cursor = /cursor=(\S+)$/.exec(reason)?.[1];
    // Everything that was written was read before the close frame: its cursor is as good as the last event's.
    if (only !== undefined && cursor !== undefined && code !== 1006 && only.points === undefined) {
      only.cursor = cursor;
    }
    for (const each of wanted) each.isLive = false;
    later(RECONNECT_MS, connect);
  };

  const cutNow = (from: ResumeFrom): void => {
    const own = connection;
    connection = undefined;
    cutting = undefined;
    own?.cut();
    for (const each of wanted) {
      each.isLive = false;
      if (from === 'genesis' && plan.start === 'genesis') {
        Object.assign(each, { fold: undefined, cursor: undefined, points: undefined, remembered: [] });
      }
      const [older] = each.remembered;
      if (from === 'older' && older !== undefined && each.points === undefined) {
        each.cursor = older.cursor;
        each.fold = older.fold.clone();
        each.remembered = [];
      }
      const points = each.fold?.points() ?? [];
      if (from === 'points' && each.name === 'blocks' && points.length > 0) each.points = points;
    }
    later(RECONNECT_MS, connect);
  };

  connect();
  return {
    cut(from, afterMessages) {
      if (connection === undefined) return;
      if (afterMessages === 0) cutNow(from);
      else cutting = { left: afterMessages, from };
    },
    setPace(next) {
      pace = next;
      connection?.setPace(next);
    },
    get isQuiet() {
      return connection?.unread === 0 && wanted.every(({ isLive }) => isLive);
    },
    get state() {
      const parts = wanted.map(({ name, isLive }) => `${name} ${isLive ? 'live' : 'not live'}`);
      return `${connection === undefined ? 'not connected' : `${connection.unread} unread`}, ${parts.join(', ')}`;
    },
    mistakes: () => mistakes,
    differences: () =>
      wanted.flatMap(({ name, fold }) =>
        (fold?.differences() ?? ['was never subscribed']).map((difference) => `${name}: ${difference}`),
      ),
    end() {
      ended = true;
      connection?.cut();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
