/** Lets one loop sleep until it is woken, or a time has passed. */
export interface WakeSignal {
  readonly wake: () => void;
  /** Resolves on the next {@link wake}, at once when one came since the last sleep, or after `ms`. */
  sleep(ms: number): Promise<void>;
}

/** A signal for one sleeper. */
export function createWakeSignal(): WakeSignal {
  let woken = false;
  let resolveSleep: (() => void) | undefined;
  return {
    wake() {
      woken = true;
      resolveSleep?.();
    },
    async sleep(ms) {
      if (!woken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          resolveSleep = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      resolveSleep = undefined;
      woken = false;
    },
  };
}
