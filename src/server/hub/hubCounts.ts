import type { HubClient, HubStats } from './hubTypes.js';

/** The figures of {@link HubStats} that only grow. A record, for the parts of one hub all count in it. */
export interface HubCounts extends Pick<
  { -readonly [Name in keyof HubStats]: HubStats[Name] },
  'ticks' | 'cohortJoins' | 'behindJoins' | 'writes' | 'writtenBytes'
> {
  readonly skippedEvents: Record<keyof HubStats['skippedEvents'], number>;
}

/** Nothing has been counted. */
export function newHubCounts(): HubCounts {
  return {
    ticks: 0,
    cohortJoins: 0,
    behindJoins: 0,
    writes: 0,
    writtenBytes: 0,
    skippedEvents: { latest: 0, drop: 0 },
  };
}

/** Writes to the client's socket and counts it; returns how many bytes. */
export function writeFrames(
  { connection }: HubClient,
  buffers: readonly Buffer[],
  counts: HubCounts,
): number {
  let bytes = 0;
  for (const buffer of buffers) {
    connection.writeFrames(buffer);
    bytes += buffer.length;
  }
  counts.writes += buffers.length;
  counts.writtenBytes += bytes;
  return bytes;
}
