/** ZMQ counters are unsigned 32-bit numbers, one per topic of a node process; the first is 0. */
const COUNTER_RANGE = 2 ** 32;

/**
 * Most notices that can be missing across the wrap at 2^32. A counter that is lower than the last one by the range less
 * this much has wrapped; otherwise the node has restarted. At 100 notices a second a counter wraps after 16 months, so
 * that a restart is by far the likelier reason.
 */
export const MAX_MISSED_AT_WRAP = 1_000_000;

/** What a counter says after the one before it. */
export type CounterVerdict =
  /** None was seen before: how many were missed cannot be told. */
  | { readonly type: 'first' }
  | { readonly type: 'next' }
  /** `missed` notices of the topic are lost. */
  | { readonly type: 'gap'; readonly missed: number }
  /** The counter went back: another process of the node counts now. What it published before is not known. */
  | { readonly type: 'restart' }
  | { readonly type: 'duplicate' };

/** Judges the counter of a notice (0 to 2^32 − 1) by the last counter of the same topic and connection. */
export function judgeCounter(last: number | undefined, counter: number): CounterVerdict {
  if (last === undefined) return { type: 'first' };
  if (counter === last) return { type: 'duplicate' };
  const step = (counter - last + COUNTER_RANGE) % COUNTER_RANGE;
  if (step === 1) return { type: 'next' };
  const hasWrapped = counter < last;
  if (hasWrapped && step - 1 > MAX_MISSED_AT_WRAP) return { type: 'restart' };
  return { type: 'gap', missed: step - 1 };
}
