/** What is written to in one turn: what else is to be done comes in between. */
const WRITES_PER_TURN = 500;

/** Calls `write` for each item in its order, the first of them at once and the others in later turns; then `onEnd`. */
export function writeInTurns<T>(
  items: readonly T[],
  write: (item: T) => void,
  onEnd: () => void = () => undefined,
): void {
  const turn = (from: number): void => {
    const next = from + WRITES_PER_TURN;
    for (const item of items.slice(from, next)) write(item);
    if (next >= items.length) {
      onEnd();
      return;
    }
    setImmediate(() => {
      turn(next);
    });
  };
  turn(0);
}
