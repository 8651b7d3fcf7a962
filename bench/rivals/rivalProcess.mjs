// What the servers of the rivals that run in Node have in common: they send one payload to all, many at once or one at a time.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { serveCommands } from '../support/children.mjs';
import { built } from '../support/dist.mjs';
import { nowMs, sendPaced } from '../support/sendPaced.mjs';

/** As many new connections may wait for a rival as for the gateway. */
export const { BACKLOG } = await import(built('server/http/listenOn.js'));

const LOOK_MS = 1;
const loop = monitorEventLoopDelay({ resolution: LOOK_MS });
loop.enable();

/** The longest time since the last call in which nothing else was done, in milliseconds. */
function takeLongestTurn() {
  const { max } = loop;
  loop.reset();
  // A look that is on time counts as one interval late.
  return Math.max(0, max / 1e6 - LOOK_MS);
}

/**
 * @param {{ listen: (payload: Buffer, options: object) => Promise<number>, sendOne: () => void, sendMany?: (count: number) => void, stats?: () => object }} rival
 *   `listen` gives the port
 */
export function serveRival({ listen, sendOne, sendMany }) {
  serveCommands({
    async start({ bytes, ...options }) {
      return { port: await listen(Buffer.alloc(bytes, 'x'), options) };
    },
    burst({ count }) {
      const sentAtMs = [nowMs()];
      if (sendMany !== undefined) sendMany(count);
      else for (let sent = 0; sent < count; sent += 1) sendOne();
      return { sentAtMs };
    },
    longestTurn: () => ({ longestTurnMs: takeLongestTurn() }),
    paced: ({ count, perSecond, whenDue }) => sendPaced(count, perSecond, sendOne, whenDue),
  });
}
