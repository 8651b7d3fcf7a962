// What the servers of the rivals that run in Node have in common: they send one payload to all, many at once or one at a time.
import { serveCommands } from '../support/children.mjs';
import { nowMs, sendPaced } from '../support/sendPaced.mjs';

/**
 * @param {{ listen: (payload: Buffer) => Promise<number>, sendOne: () => void, sendMany?: (count: number) => void, stats?: () => object }} rival
 *   `listen` gives the port
 */
export function serveRival({ listen, sendOne, sendMany }) {
  serveCommands({
    async start({ bytes }) {
      return { port: await listen(Buffer.alloc(bytes, 'x')) };
    },
    burst({ count }) {
      const sentAtMs = [nowMs()];
      if (sendMany !== undefined) sendMany(count);
      else for (let sent = 0; sent < count; sent += 1) sendOne();
      return { sentAtMs };
    },
    paced: ({ count, perSecond }) => sendPaced(count, perSecond, sendOne),
  });
}
