/** What a subscription may ask for with `on_slow`: what happens to its events while the client does not take its bytes. */
export const SLOW_POLICIES = [
  /** All are sent, at the client's own pace. */
  'catch_up',
  /** Of each event type, only the newest is sent when the client takes bytes again. */
  'latest',
  /** What could not be sent is left out. */
  'drop',
  /** The connection is closed. */
  'close',
] as const;

/** One of {@link SLOW_POLICIES}. */
export type SlowPolicy = (typeof SLOW_POLICIES)[number];
