/** Refusals of one address that are told in words within a {@link WINDOW_MS}. */
export const TOLD_PER_ADDRESS = 20;
/** Addresses that are counted within it; those of more are not told, for so many at once are a flood. */
export const MAX_TOLD_ADDRESSES = 10_000;
const WINDOW_MS = 1000;

/** Whether who is refused at the door is told why. */
export interface ToldRefusals {
  /** Counts a refusal of the address; whether it is to be told. */
  isTold(key: string): boolean;
}

/**
 * Words cost more than half of what a refused connection costs, and who is refused 1,000 times a second reads none of them: the first
 * ones are told, the others end without. `nowMs` never goes back.
 */
export function createToldRefusals(nowMs: () => number = () => performance.now()): ToldRefusals {
  const counts = new Map<string, number>();
  let untilMs = 0;
  return {
    isTold(key) {
      const atMs = nowMs();
      if (atMs >= untilMs) {
        untilMs = atMs + WINDOW_MS;
        counts.clear();
      }
      const count = counts.get(key) ?? 0;
      if (count >= TOLD_PER_ADDRESS || (count === 0 && counts.size >= MAX_TOLD_ADDRESSES)) return false;
      counts.set(key, count + 1);
      return true;
    },
  };
}
