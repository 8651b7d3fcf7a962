import type { HubStats } from './hubTypes.js';

/**
 * Figures of the hub of the protocol's topics, with what the hubs of custom topics do added. `clients` and `subscriptionsByTopic` stay
 * those of the first: every connection is there, and custom topics are counted by their own names.
 */
export function mergeHubStats(main: HubStats, custom: readonly HubStats[]): HubStats {
  return custom.reduce(
    (sum, one) => ({
      ...sum,
      behind: sum.behind + one.behind,
      cohorts: sum.cohorts + one.cohorts,
      ticks: sum.ticks + one.ticks,
      cohortJoins: sum.cohortJoins + one.cohortJoins,
      behindJoins: sum.behindJoins + one.behindJoins,
      writes: sum.writes + one.writes,
      writtenBytes: sum.writtenBytes + one.writtenBytes,
      skippedEvents: {
        latest: sum.skippedEvents.latest + one.skippedEvents.latest,
        drop: sum.skippedEvents.drop + one.skippedEvents.drop,
      },
    }),
    main,
  );
}
