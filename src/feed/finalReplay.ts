import type { ChainPoint } from '../protocol/events.js';
import { draftFinal } from './drafts.js';
import { encodeEvent } from './encodeEvent.js';
import type { LogEvent } from './eventLogTypes.js';
import { isBehind } from './groupOrder.js';
import type { HistoryBlock } from './historyBlocks.js';
import type { ChainReplayDeps, ChainReplayRequest, ReplayStart } from './replayTypes.js';

/** The `final` events of a replay: each block of the past made the transactions of one deeper block final. */
export interface FinalReplay {
  /** What the block that a cursor names still owes of them. */
  restOf(start: ReplayStart): Promise<readonly LogEvent[]>;
  /** Those that came with each of these blocks, by the block's hash; none below the height where the replay began. */
  eventsOf(blocks: readonly HistoryBlock[]): Promise<ReadonlyMap<string, readonly LogEvent[]>>;
}

/**
 * A replay that begins with everything up to `start` known. Blocks that replace others at the same heights make nothing final
 * that was final before.
 */
export function createFinalReplay(
  request: Pick<ChainReplayRequest, 'finalDepthBlocks'>,
  deps: ChainReplayDeps,
  start: ChainPoint | undefined,
): FinalReplay {
  let toldHeight = start?.height ?? -1;

  const read = async (points: readonly ChainPoint[]): Promise<Map<string, readonly LogEvent[]>> => {
    const first = points[0];
    const events = new Map<string, readonly LogEvent[]>();
    if (first === undefined) return events;
    const options = { ...deps.encode(), seq: 0 };
    const firstHeight = first.height - request.finalDepthBlocks + 1;
    const hashes = await deps.node.getBlockHashes(firstHeight, points.length);
    const matured = await deps.history.getMany(
      hashes.filter((hash) => hash !== undefined),
      'block',
    );
    points.forEach((point, index) => {
      const block = matured[index]?.block;
      if (block !== undefined) {
        events.set(
          point.hashHex,
          draftFinal(block, point).map((draft) => encodeEvent(draft, options)),
        );
      }
    });
    return events;
  };

  const canMature = ({ height }: ChainPoint): boolean => height >= request.finalDepthBlocks - 1;

  return {
    async restOf(from) {
      if (from.type !== 'after_cursor' || from.cursor.stage !== 'connect' || !canMature(from.cursor.point))
        return [];
      const { cursor } = from;
      const events = (await read([cursor.point])).get(cursor.point.hashHex) ?? [];
      return events.filter((_, txIndex) =>
        isBehind({ stage: 'connect', part: 'final', txIndex, assetIndex: 0 }, cursor),
      );
    },
    async eventsOf(blocks) {
      const points = blocks
        .map(({ block }): ChainPoint => ({ height: block.height, hashHex: block.hashHex }))
        .filter((point) => point.height > toldHeight);
      toldHeight = Math.max(toldHeight, points.at(-1)?.height ?? -1);
      return read(points.filter(canMature));
    },
  };
}
