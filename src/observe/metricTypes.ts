import type { Health } from './healthTypes.js';
import type { Lag, ServerFigures } from './serverFigures.js';

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
  readonly server: ServerFigures & {
    /** Bytes that the clients have not taken yet, all together. */
    readonly unsentBytes: number;
    readonly lag: Lag;
  };
}
