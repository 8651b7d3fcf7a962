import type { Logger } from 'pino';
import { hasMiningChanged } from '../chain/miningChanges.js';
import { comparePeers, readPeers, type Peer } from '../chain/peerChanges.js';
import { RpcMalformedError, RpcUnavailableError, type RpcClient } from '../node/rpcTypes.js';
import { createThrottledLog } from '../observe/throttledLog.js';
import type { ChainPoint } from '../protocol/events.js';
import { GatewayError } from '../protocol/gatewayError.js';
import type { Topic } from '../protocol/topics.js';
import type { Demand, StatusGroup } from './demand.js';
import { draftMining, draftPeer } from './drafts.js';
import type { EventDraft, EventLog } from './eventLogTypes.js';

/** Asks the node for its peers and its mining figures while somebody wants them, and appends what changed. */
export interface NodeStatus {
  /** Those of these topics as the log has them, as events for one who knows nothing of them. */
  snapshot(tip: ChainPoint, topics: ReadonlySet<Topic>): readonly EventDraft[];
  /** Ends; an answer that is still awaited is not looked at. */
  stop(): void;
}

/** What the node's status is watched with. */
export interface NodeStatusDeps {
  readonly rpc: Pick<RpcClient, 'call'>;
  readonly log: EventLog;
  readonly demand: Demand;
  /** The newest block whose events are in the log: events before the first are not made. */
  readonly tip: () => ChainPoint | undefined;
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
}

/** A node that does not answer holds a slot this long. */
const DEADLINE_MS = 10_000;

/** One part of the status: what the node is asked, and what its answers say. */
interface Part {
  readonly group: StatusGroup;
  readonly method: string;
  /** Takes an answer; gives what is to be told of it. Throws {@link RpcMalformedError}. */
  take(json: Buffer, tip: ChainPoint): readonly EventDraft[];
  snapshot(tip: ChainPoint): readonly EventDraft[];
  forget(): void;
}

/**
 * Nothing of this is in the way of following the chain: it has timers and calls of its own, in the lane of commands, one call
 * of each kind at a time. The first answer after a time in which nobody wanted it is told whole, for nobody has been told of it.
 */
export function createNodeStatus(options: { readonly intervalMs: number }, deps: NodeStatusDeps): NodeStatus {
  const parts = { peers: createPeersPart(), mining: createMiningPart() };
  const pollers = {
    peers: createPoller(parts.peers, options.intervalMs, deps),
    mining: createPoller(parts.mining, options.intervalMs, deps),
  };
  deps.demand.onStatus = (group, isWanted) => {
    if (isWanted) pollers[group].begin();
    else pollers[group].end();
  };
  return {
    snapshot: (tip, topics) =>
      Object.values(parts).flatMap((part) => (topics.has(part.group) ? part.snapshot(tip) : [])),
    stop() {
      deps.demand.onStatus = () => undefined;
      for (const poller of Object.values(pollers)) poller.end();
    },
  };
}

function createPeersPart(): Part {
  let peers: readonly Peer[] | undefined;
  const drafts = (before: readonly Peer[], after: readonly Peer[], tip: ChainPoint): readonly EventDraft[] =>
    comparePeers(before, after).map((change) => draftPeer(change, after.length, tip));
  return {
    group: 'peers',
    method: 'getpeerinfo',
    take(json, tip) {
      const next = readPeers(checkedText(json));
      if (next === undefined) throw new RpcMalformedError('wrong_shape', 'getpeerinfo did not give peers');
      const told = drafts(peers ?? [], next, tip);
      peers = next;
      return told;
    },
    snapshot: (tip) => drafts([], peers ?? [], tip),
    forget() {
      peers = undefined;
    },
  };
}

function createMiningPart(): Part {
  let last: { readonly text: string; readonly json: Buffer } | undefined;
  return {
    group: 'mining',
    method: 'getmininginfo',
    take(json, tip) {
      const text = checkedText(json);
      if (!text.startsWith('{'))
        throw new RpcMalformedError('wrong_shape', 'getmininginfo did not give an object');
      const isNews = last === undefined || hasMiningChanged(last.text, text);
      if (!isNews) return [];
      last = { text, json };
      return [draftMining(json, tip)];
    },
    snapshot: (tip) => (last === undefined ? [] : [draftMining(last.json, tip)]),
    forget() {
      last = undefined;
    },
  };
}

/** The text of an answer that is JSON. */
function checkedText(json: Buffer): string {
  const text = json.toString('utf8').trim();
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new RpcMalformedError('not_json', 'the result of a call is not JSON', cause);
  }
  return text;
}

/** Asks while it has begun, `intervalMs` after the last answer, and never twice at once. */
function createPoller(
  part: Part,
  intervalMs: number,
  { rpc, log, tip, logger, nowMs }: NodeStatusDeps,
): { begin(): void; end(): void } {
  const trouble = createThrottledLog(logger, nowMs);
  /** Another one after each end: an answer that was awaited then is none of its successor's. */
  let run: symbol | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isAsking = false;
  let askedAtMs = -Infinity;

  async function ask(): Promise<void> {
    const mine = run;
    isAsking = true;
    askedAtMs = nowMs();
    try {
      const json = await rpc.call(part.method, [], { lane: 'command', deadlineMs: DEADLINE_MS });
      const at = tip();
      if (run === mine && run !== undefined && at !== undefined) log.append(part.take(json, at));
      trouble.worksAgain(`the node answers ${part.method} again`);
    } catch (error) {
      if (run !== undefined) {
        const kind = error instanceof RpcUnavailableError ? error.reason : 'refused';
        const fields = error instanceof GatewayError ? { detail: error.message } : { err: error };
        trouble.failed(
          kind,
          { method: part.method, ...fields },
          'asking for the status of the node failed; trying again',
        );
      }
    } finally {
      isAsking = false;
      plan();
    }
  }

  function plan(): void {
    if (run === undefined || isAsking) return;
    clearTimeout(timer);
    // Whoever comes and goes all the time does not make it more often.
    const waitMs = Math.max(0, askedAtMs + intervalMs - nowMs());
    timer = setTimeout(() => void ask(), waitMs);
  }

  return {
    begin() {
      run = Symbol(part.group);
      plan();
    },
    end() {
      run = undefined;
      clearTimeout(timer);
      part.forget();
    },
  };
}
