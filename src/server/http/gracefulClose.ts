import { createLastCall } from './lastCall.js';
import type { ListeningServer } from './listeningServer.js';

/** The end of an HTTP server, in which nobody who has come is left without a word. */
export interface GracefulClose {
  /** Hears those who have connected and not asked yet, and takes no more connections then. */
  readonly stopAccepting: () => void;
  /**
   * Resolves when all who came before the stop have been heard and then `done` has resolved, or after `timeoutMs`. Called after
   * {@link GracefulClose.stopAccepting}.
   */
  waitUntil(done: () => Promise<void>, timeoutMs: number): Promise<void>;
  /** Ends everything that is left; `endUpgraded` ends connections that are not the server's any more. */
  close(endUpgraded?: () => void): Promise<void>;
}

/** Before the stop. */
export function createGracefulClose({
  server,
  connections,
}: Pick<ListeningServer, 'server' | 'connections'>): GracefulClose {
  const lastCall = createLastCall(connections);
  let closed: Promise<void> | undefined;
  /** Those who had come before the stop have been told. */
  let heard: Promise<void> = Promise.resolve();

  function stopAccepting(): void {
    closed ??= closeServer();
  }

  async function closeServer(): Promise<void> {
    heard = lastCall.wait();
    await heard;
    await new Promise<void>((resolve) => {
      // Called when the last socket is gone, and at once where it never listened.
      server.close(() => {
        resolve();
      });
      server.closeIdleConnections();
    });
  }

  return {
    stopAccepting,
    waitUntil: (done, timeoutMs) =>
      new Promise((resolve) => {
        const giveUp = setTimeout(resolve, timeoutMs);
        void heard.then(done).then(() => {
          clearTimeout(giveUp);
          resolve();
        });
      }),
    async close(endUpgraded) {
      stopAccepting();
      lastCall.cut();
      await heard;
      endUpgraded?.();
      server.closeAllConnections();
      await closed;
    },
  };
}
