import type { HttpConnections } from './httpConnections.js';

/** Hears those who have come before the door is shut. */
export interface LastCall {
  /**
   * Resolves when all who have connected have said what they want, or when for {@link LAST_CALL_MS} nobody has come or said anything.
   * Whoever waits bounds it with `cut`.
   */
  wait(): Promise<void>;
  /** Ends the wait now. */
  cut(): void;
}

/** Longest wait for another sign of anybody, in milliseconds: some connect and say nothing. */
const LAST_CALL_MS = 500;

/** Time between two looks while somebody has not been heard. */
const LOOK_MS = 5;

/**
 * Waits for those who have not asked for anything yet. A listening socket that is closed resets those that wait in its
 * queue, without a word: a server that wants to tell them when to come back has to go on listening until it has heard them.
 */
export function createLastCall(connections: Pick<HttpConnections, 'unheard' | 'signs'>): LastCall {
  let isCut = false;
  return {
    wait: () =>
      new Promise((resolve) => {
        let counted = -1;
        let endMs = Infinity;
        const look = (): void => {
          const { unheard, signs } = connections;
          const isQuiet = counted === signs;
          // Two looks without anybody new: between them, the queue of the listening socket was emptied.
          if (isCut || (isQuiet && (unheard === 0 || performance.now() >= endMs))) {
            resolve();
            return;
          }
          if (!isQuiet) endMs = performance.now() + LAST_CALL_MS;
          counted = signs;
          if (unheard === 0) setImmediate(look);
          else setTimeout(look, LOOK_MS);
        };
        setImmediate(look);
      }),
    cut() {
      isCut = true;
    },
  };
}
