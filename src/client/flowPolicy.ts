/** A subscription as the decision to read or not sees it. */
export interface FlowReader {
  /** Whether events may come for it. */
  readonly isReceiving: boolean;
  /** Fill of its queue: 1 is its limit. */
  readonly fill: number;
  /** Whether its consumer waits for an event. */
  readonly isWanted: boolean;
}

/** What the decision is made from. */
export interface FlowState {
  readonly isPaused: boolean;
  readonly readers: readonly FlowReader[];
  /** Whether an answer is waited for: of a call, or of a subscription. */
  readonly isAnswerAwaited: boolean;
}

/** A socket that is not read is read again when all queues are below this part of their limits; a subscription that was put aside goes on then too. */
export const LOW_FILL = 0.25;

/**
 * Whether to stop reading the socket. Only when somebody's queue is full and nobody waits for anything that the socket may hold: a consumer that
 * calls a command from within its loop would otherwise wait for ever.
 */
export function shouldPause({ isPaused, readers, isAnswerAwaited }: FlowState): boolean {
  if (isAnswerAwaited) return false;
  const receiving = readers.filter((reader) => reader.isReceiving);
  if (receiving.some((reader) => reader.isWanted)) return false;
  return receiving.some((reader) => reader.fill >= (isPaused ? LOW_FILL : 1));
}
