import { standingOf } from '../chain/reconcile.js';
import type { NodeReader } from '../node/nodeReaderTypes.js';
import type { ChainPoint } from '../protocol/events.js';
import type { Topic } from '../protocol/topics.js';
import type { LogEvent } from './eventLogTypes.js';
import { createFinalReplay } from './finalReplay.js';
import type { BlockDetail, HistoryBlock } from './historyBlocks.js';
import { readAhead } from './readAhead.js';
import { startPosition } from './replayStart.js';
import {
  ReplayError,
  type ChainReplayDeps,
  type ChainReplayRequest,
  type ReplayStep,
} from './replayTypes.js';
import { undoForReplay } from './replayUndo.js';

/** Blocks between two progress steps. */
const PROGRESS_EVERY_BLOCKS = 500;

/**
 * Tells the chain again, from a point of the past to the log's tip: first what the point's own block still owes, then the
 * disconnects of blocks that left the best chain, then the connects. The node is the archive. Throws {@link ReplayError},
 * and as the node's calls do. After `at_tip` it may be asked to go on: the log may have moved.
 */
export async function* replayChain(
  request: ChainReplayRequest,
  deps: ChainReplayDeps,
): AsyncGenerator<ReplayStep, never> {
  const { node, history, logTip } = deps;
  const { topics } = request;
  const detail: BlockDetail =
    request.needsTransactions === true || topics.has('transactions') || topics.has('assets')
      ? 'transactions'
      : 'block';
  // Until then it is not known either which chain this is.
  while (logTip() === undefined) yield* waiting(deps);
  const position = await startPosition(request.start, deps, detail);
  let at = position.at;
  if (position.rest.length > 0) yield* wanted(position.rest, topics);
  const final = topics.has('finality') ? createFinalReplay(request, deps, at) : undefined;
  if (final !== undefined) yield* wanted(await final.restOf(request.start), topics);

  for (;;) {
    const target = logTip();
    if (target === undefined) {
      yield* waiting(deps);
      continue;
    }
    if (at?.hashHex === target.hashHex) {
      yield { type: 'at_tip', tip: at };
      continue;
    }
    if (at !== undefined && (await standing(node, at)) !== 'active') {
      const undone = await undoForReplay(at, deps, detail);
      yield* wanted(undone.events, topics);
      at = undone.parent;
      continue;
    }
    const firstHeight = at === undefined ? 0 : at.height + 1;
    if (firstHeight > target.height) {
      // The node is ahead of the log, or on another branch: the follower will come.
      yield* waiting(deps);
      continue;
    }
    let told = 0;
    for await (const blocks of readAhead(
      firstHeight,
      target.height,
      request.readAheadBlocks,
      node,
      history,
      detail,
    )) {
      const linked: HistoryBlock[] = linkedTo(at, blocks);
      const last = linked.at(-1);
      if (last === undefined) break;
      const finals = await final?.eventsOf(linked);
      yield* wanted(
        linked.flatMap((one) => [...one.events, ...(finals?.get(one.block.hashHex) ?? [])]),
        topics,
      );
      at = { height: last.block.height, hashHex: last.block.hashHex };
      const toldBefore = told;
      told += linked.length;
      if (Math.floor(told / PROGRESS_EVERY_BLOCKS) > Math.floor(toldBefore / PROGRESS_EVERY_BLOCKS)) {
        yield { type: 'progress', at, target: logTip() ?? target };
      }
      if (linked.length < blocks.length) break;
    }
    if (told === 0) yield* waiting(deps);
  }
}

/** The blocks up to the first that is not the child of the one before it: the node changed branch in between. */
function linkedTo(at: ChainPoint | undefined, blocks: readonly HistoryBlock[]): HistoryBlock[] {
  let parentHashHex = at?.hashHex;
  const linked: HistoryBlock[] = [];
  for (const each of blocks) {
    if (each.block.previousHashHex !== parentHashHex) break;
    parentHashHex = each.block.hashHex;
    linked.push(each);
  }
  return linked;
}

/** Whoever wants no more can leave before the wait. */
async function* waiting(deps: ChainReplayDeps): AsyncGenerator<ReplayStep> {
  yield { type: 'waiting' };
  await deps.logMoved();
}

function* wanted(events: readonly LogEvent[], topics: ReadonlySet<Topic>): Generator<ReplayStep> {
  const some = events.filter((event) => topics.has(event.topic));
  if (some.length > 0) yield { type: 'events', events: some };
}

async function standing(node: NodeReader, point: ChainPoint): Promise<'active' | 'stale'> {
  const [header] = await node.getHeaders([point.hashHex]);
  const found = standingOf(header?.confirmations);
  if (found === 'unknown') {
    throw new ReplayError(
      'unknown_block',
      `the node does not know block ${point.hashHex} any more: name older blocks, or start from a height or "genesis"`,
    );
  }
  return found;
}
