import { thrownError } from './thrownError.js';

/** A call has not ended at its deadline. */
export const TIMEOUT = Symbol('timeout');

/** Calls of an operator's function, each bounded in time. */
export interface CallsInTime {
  /**
   * What the call gives, or {@link TIMEOUT}; nothing, at once, when `signal` is aborted before, and then nothing is called if it was aborted
   * already. Rejects with what it throws, as an error that can be looked at. A call that has not ended then is abandoned: what it gives is
   * not looked at.
   */
  run(call: () => unknown, signal?: AbortSignal): Promise<unknown>;
  /** Calls that were abandoned, and have not ended since. */
  readonly abandoned: number;
}

/** No calls yet. `onReturn` is told of each abandoned call that ends after all. */
export function createCallsInTime(deadlineMs: number, onReturn: () => void = () => undefined): CallsInTime {
  let abandoned = 0;
  return {
    get abandoned() {
      return abandoned;
    },
    run(call, signal) {
      if (signal?.aborted === true) return Promise.resolve(undefined);
      return new Promise((resolve, reject) => {
        let isAbandoned = false;
        const abandon = (outcome: typeof TIMEOUT | undefined): void => {
          if (isAbandoned) return;
          isAbandoned = true;
          abandoned += 1;
          stopWaiting();
          resolve(outcome);
        };
        const leave = (): void => {
          abandon(undefined);
        };
        const deadline = setTimeout(() => {
          abandon(TIMEOUT);
        }, deadlineMs);
        signal?.addEventListener('abort', leave, { once: true });
        const stopWaiting = (): void => {
          clearTimeout(deadline);
          signal?.removeEventListener('abort', leave);
        };
        const end = (settle: () => void): void => {
          if (isAbandoned) {
            abandoned -= 1;
            onReturn();
            return;
          }
          stopWaiting();
          settle();
        };
        // In a promise of its own: what is thrown at once is a failure like any other.
        void new Promise((done) => {
          done(call());
        }).then(
          (data) => {
            end(() => {
              resolve(data);
            });
          },
          (error: unknown) => {
            end(() => {
              reject(thrownError(error));
            });
          },
        );
      });
    },
  };
}
