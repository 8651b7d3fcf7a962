/** Milliseconds since 1970, with fractions: the same clock in every process of this machine. */
export const nowMs = () => performance.timeOrigin + performance.now();

/**
 * Calls `send` `count` times at an even pace, several at once where the pace was not kept; gives the time of each, or, with `whenDue`, the
 * time at which it was due: a server that sends by itself is late where its other work keeps it from sending.
 */
export function sendPaced(count, perSecond, send, whenDue = false) {
  return new Promise((resolve) => {
    const fromMs = nowMs();
    const sentAtMs = [];
    const step = () => {
      const due = Math.min(count, Math.floor(((nowMs() - fromMs) / 1000) * perSecond) + 1);
      while (sentAtMs.length < due) {
        sentAtMs.push(whenDue ? fromMs + (sentAtMs.length / perSecond) * 1000 : nowMs());
        send();
      }
      if (sentAtMs.length === count) resolve({ sentAtMs });
      else setTimeout(step, Math.max(0, fromMs + (sentAtMs.length / perSecond) * 1000 - nowMs()));
    };
    step();
  });
}
