import type { Topic } from '../protocol/topics.js';
import type { Health } from './healthTypes.js';

/** What the names of all metrics of the gateway begin with. Those of the process have their usual names. */
export const METRIC_PREFIX = 'evrmore_gateway_';

/** Metrics as they are printed, in Prometheus' text format. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** One value of a metric, with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric that is read when somebody asks, from figures that the parts keep anyway. */
export interface SampledMetric<State> {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** One number, or one for each value of the labels; absent while it is not known. */
  readonly read: (state: State) => number | readonly Sample[] | undefined;
}

/** The figures of all parts at one moment. */
export interface MetricState {
  readonly health: Health;
  readonly follower: {
    readonly mempoolSize: number;
    readonly pendingNotices: number;
    readonly nodeSequenceNumbers: number;
    readonly chainMemoryBlocks: number;
  };
  readonly rpc: { readonly waiting: number; readonly inFlight: number };
  readonly archive: { readonly bytes: number; readonly reading: number };
  readonly recentBlocks: { readonly blocks: number; readonly operations: number };
  readonly outputs: { readonly recent: number; readonly followed: number; readonly unfollowed: number };
  readonly server: {
    readonly filters: { readonly filters: number; readonly keys: number };
    readonly unsentBytes: number;
    readonly lag: {
      readonly clients: number;
      readonly byPolicy: Readonly<Record<'catch_up' | 'latest' | 'drop', number>>;
      readonly worst: readonly { readonly eventsBehind: number }[];
    };
    readonly skippedEvents: Readonly<Record<'latest' | 'drop', number>>;
    readonly handshakesWaiting: number;
    readonly handshakesDelayed: number;
    readonly subscriptionsByTopic: Readonly<Record<Topic, number>>;
    readonly replays: number;
    readonly customTopics: readonly {
      readonly name: string;
      readonly subscriptions: number;
      readonly bytes: number;
      readonly lag: number;
      readonly outcomes: Readonly<Record<string, number>>;
      readonly abandoned: number;
    }[];
    readonly cohorts: number;
    readonly ticks: number;
    readonly cohortJoins: number;
    readonly behindJoins: number;
    readonly writes: number;
    readonly writtenBytes: number;
    readonly streams: readonly {
      readonly name: string;
      readonly subscribers: number;
      readonly outcomes: Readonly<Record<string, number>>;
      readonly messages: number;
      readonly skipped: number;
      readonly abandoned: number;
    }[];
    readonly commands: { readonly inFlight: number; readonly shared: number; readonly cached: number };
    readonly clientAddresses: number;
    readonly httpConnections: {
      readonly open: number;
      readonly unheard: number;
      readonly ended: Readonly<Record<'address' | 'unheard' | 'blocked' | 'full', number>>;
    };
    readonly closes: Readonly<Record<number, number>>;
    readonly refusals: Readonly<Record<string, number>>;
    readonly rates: { readonly addresses: number; readonly forgotten: number };
    readonly offendingAddresses: number;
  };
}
