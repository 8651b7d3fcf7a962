/** Numbers the steps of the `sequence` topic of one log. */
export interface SequenceCounter {
  /** The last number given; 0 before the first. */
  readonly value: number;
  readonly next: () => number;
  /** Takes back numbers whose events were not appended. */
  reset(value: number): void;
}

/** A counter whose first number is 1. */
export function createSequenceCounter(): SequenceCounter {
  let value = 0;
  return {
    get value() {
      return value;
    },
    next() {
      value += 1;
      return value;
    },
    reset(to) {
      value = to;
    },
  };
}
