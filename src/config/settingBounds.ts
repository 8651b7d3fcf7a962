/** Bytes of a MiB. */
export const MIB = 1024 * 1024;
/** Longest time that a timer of Node takes, 24.8 days. */
export const MAX_TIMER_MS = 2_147_483_647;
/** Longest buffer that is worth asking for; Node's own limit is near 4 GiB. */
export const MAX_BUFFER_BYTES = 2_147_483_647;
