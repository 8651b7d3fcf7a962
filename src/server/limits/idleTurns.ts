/** A clock that counts turns, so that a connection needs no more than one small number to know when it last said something. */
export interface IdleTurns {
  /** The present turn. */
  readonly now: number;
  /** Whether somebody who was last heard in that turn has said nothing for the whole time. */
  isOver(heardInTurn: number): boolean;
  start(): void;
  stop(): void;
}

/** Turns that make the whole time: it is kept to a quarter of itself. */
const TURNS = 4;

/**
 * Calls `onTurn` at the end of each turn. `timeoutMs` is how long one may say nothing; 0 is for ever, and there are no turns then. Who was heard
 * in the middle of a turn has the rest of it besides.
 */
export function createIdleTurns(timeoutMs: number, onTurn: () => void): IdleTurns {
  let now = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    get now() {
      return now;
    },
    isOver: (heardInTurn) => now - heardInTurn > TURNS,
    start() {
      if (timeoutMs === 0) return;
      timer = setInterval(() => {
        now += 1;
        onTurn();
      }, timeoutMs / TURNS);
      timer.unref();
    },
    stop() {
      clearInterval(timer);
    },
  };
}
