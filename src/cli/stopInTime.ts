import type { StopSignals } from './stopSignals.js';

/** How a stop went. */
export type StopOutcome = 'clean' | 'forced' | 'too_late';

/** Stops something, and gives up waiting at the second signal or when the time is over. Rejects as `stop` does. */
export async function stopInTime(
  stop: () => Promise<void>,
  signals: Pick<StopSignals, 'second'>,
  limitMs: number,
): Promise<StopOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<StopOutcome>((resolve) => {
    timer = setTimeout(resolve, limitMs, 'too_late');
  });
  try {
    return await Promise.race([
      stop().then((): StopOutcome => 'clean'),
      signals.second.then((): StopOutcome => 'forced'),
      tooLate,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
