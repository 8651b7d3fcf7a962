/** Time as the client sees it; tests bring their own. */
export interface Clock {
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number;
  /** Calls once after so many milliseconds; the function that it gives back calls it off. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The platform's clock and timers. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};
