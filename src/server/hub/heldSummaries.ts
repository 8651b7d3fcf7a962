import type { EventLog } from '../../feed/eventLogTypes.js';
import { joinFrames } from './joinFrames.js';
import type { BehindPart, Policies, Position } from './reader.js';
import { summariseHeld, type Skip } from './skipped.js';
import type { View } from './view.js';

/** What a client that takes bytes again is written for topics that were held. */
export interface HeldSummary {
  readonly skips: readonly Skip[];
  /** Frames of the newest events; before the skips. */
  readonly buffers: readonly Buffer[];
  /** Events that had to be looked at for this client: none when another one had the same. */
  readonly eventCount: number;
}

/** Summaries of one turn of the hub. */
export interface HeldSummaries {
  /** What is told of `part`, which goes on live at `to`. */
  of(part: BehindPart, to: Position, view: View, policies: Policies): HeldSummary;
}

/** Clients that were held at the same place and see the same share the summary within a turn. */
export function createHeldSummaries(log: Pick<EventLog, 'read' | 'oldestSeq'>): HeldSummaries {
  const known = new Map<string, HeldSummary>();
  return {
    of(part, to, view, policies) {
      const key = `${part.mask}:${policies.latest & part.mask}:${part.position.seq}:${view.key}`;
      const same = known.get(key);
      if (same !== undefined) return same;
      const { skips, events, eventCount } = summariseHeld(part, to, view, policies, log);
      const buffers = joinFrames(events.flatMap((event) => view.framesOf(event)));
      known.set(key, { skips, buffers, eventCount: 0 });
      return { skips, buffers, eventCount };
    },
  };
}
