import { readerMask, type Reader } from './reader.js';
import type { TopicMask } from './topicMask.js';

/** Topics of a subscription from the past, and who is told that they are live. */
export interface WaitingForLive {
  readonly mask: TopicMask;
  readonly onLive: (cursor: string | undefined) => void;
}

/** A client of the hub, as far as this goes. */
interface Waiting {
  waiting: readonly WaitingForLive[];
  readonly reader: Reader;
}

/** {@link Waiting.waiting} at first. */
export const NOBODY_WAITS: readonly WaitingForLive[] = [];

/** Tells subscriptions from the past that they are live, behind everything that was written; `cursor` is that of the hub's place. */
export function tellLive(client: Waiting, cursor: string | undefined): void {
  if (client.waiting.length === 0) return;
  const wanted = readerMask(client.reader);
  const isLive = (mask: TopicMask): boolean => (mask & wanted & ~client.reader.liveMask) === 0;
  const live = client.waiting.filter(({ mask }) => isLive(mask));
  client.waiting = client.waiting.filter(({ mask }) => !isLive(mask));
  for (const { mask, onLive } of live) if ((mask & wanted) !== 0) onLive(cursor);
}

/** These topics are not on their way any more: whoever asked for them so is not told that they are live. */
export function stopWaiting(client: Waiting, mask: TopicMask): void {
  client.waiting = client.waiting
    .map((waiting) => ({ ...waiting, mask: waiting.mask & ~mask }))
    .filter((waiting) => waiting.mask !== 0);
}
