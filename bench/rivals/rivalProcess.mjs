// What the servers of the rivals that run in Node have in common: they send one payload to all, many at once or one at a time.
import { serveCommands } from '../support/children.mjs';

const nowMs = () => performance.timeOrigin + performance.now();

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
    paced({ count, perSecond }) {
      return new Promise((resolve) => {
        const fromMs = nowMs();
        const sentAtMs = [];
        const step = () => {
          const due = Math.min(count, Math.floor(((nowMs() - fromMs) / 1000) * perSecond) + 1);
          while (sentAtMs.length < due) {
            sentAtMs.push(nowMs());
            sendOne();
          }
          if (sentAtMs.length === count) resolve({ sentAtMs });
          else setTimeout(step, Math.max(0, fromMs + (sentAtMs.length / perSecond) * 1000 - nowMs()));
        };
        step();
      });
    },
  });
}
