const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The wish to stop, as signals tell it. */
export interface StopSignals {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly first: Promise<void>;
  /** Resolves at the second. */
  readonly second: Promise<void>;
  /** Takes the handlers away. */
  dispose(): void;
}

/** Calls back at each SIGHUP, which then does not end the process any more. Gives the function that takes the handler away. */
export function onHangUp(callback: () => void): () => void {
  process.on('SIGHUP', callback);
  return () => {
    process.off('SIGHUP', callback);
  };
}

/** Listens to SIGINT and SIGTERM, which then do not end the process by themselves any more. */
export function listenForStop(): StopSignals {
  let count = 0;
  let resolveFirst: () => void;
  let resolveSecond: () => void;
  const first = new Promise<void>((resolve) => {
    resolveFirst = resolve;
  });
  const second = new Promise<void>((resolve) => {
    resolveSecond = resolve;
  });
  const onSignal = (): void => {
    count += 1;
    if (count === 1) resolveFirst();
    else resolveSecond();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    first,
    second,
    dispose: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
