import { Socket } from 'node:net';

/** What is read of one socket before it is another's turn: some messages, or some hundred of the smallest frames. */
export const SLICE_BYTES = 1024;
/** Slices of which a message may consist: `ws` keeps them in a list, and what many of them cost there grows with their square. */
const MAX_SLICES_PER_MESSAGE = 4096;
/** Time for reading, of one turn of the event loop; what has begun is ended. Events, the node and new clients come in between. */
const TURN_MS = 0.5;
/** Time without reading of who always has more, after a turn that was not enough: the larger part is everybody else's. */
const REST_MS = 1;

/** What is read, how the time is measured, and how it is waited for; the process's own time if absent. */
export interface ReadingTurnsOptions {
  /** Longest message; where it is above 4 MiB, slices are larger than {@link SLICE_BYTES}. */
  readonly maxMessageBytes: number;
  /** Milliseconds, never going back. */
  readonly nowMs?: () => number;
  /** Calls back in the next turn of the event loop. */
  readonly nextTurn?: (callback: () => void) => void;
  /** Calls back after some milliseconds. */
  readonly afterRest?: (callback: () => void, ms: number) => void;
}

/** Reads many sockets, each a slice at a time, and all together for no longer than a turn of the event loop may take. */
export interface ReadingTurns {
  /**
   * Reads the socket from now on, for who listens to its `data`: it does not flow any more. With `pauses`, who listens may pause the socket
   * for some time when it was given something, and resume it when it is ready for more.
   */
  take(socket: Socket, pauses: boolean): void;
  /** Reads no more of it until it is released; the operating system holds up the peer. */
  hold(socket: Socket): void;
  release(socket: Socket): void;
  /** Sockets of which something has come whose turn it is not yet. */
  readonly waiting: number;
}

/**
 * Whoever sends much gets his turns, but no more of the time: what all of them cost others is bounded, however many they are. Sockets of
 * which little comes are read every other time, before those that always have more, and do not rest with them. Answers to what is read in
 * a slice leave in one write.
 */
export function createReadingTurns(options: ReadingTurnsOptions): ReadingTurns {
  const sliceBytes = Math.max(SLICE_BYTES, Math.ceil(options.maxMessageBytes / MAX_SLICES_PER_MESSAGE));
  const nowMs = options.nowMs ?? ((): number => performance.now());
  const nextTurn = options.nextTurn ?? setImmediate;
  const afterRest = options.afterRest ?? setTimeout;
  /** In the order in which they wait: those of which all was read before, and those of which it was not. */
  const fresh = new Set<Socket>();
  const others = new Set<Socket>();
  /** Weak: what came before the end of a socket may be handed on, and answered, after it. */
  const held = new WeakSet<Socket>();
  /** Those whose listeners are not ready for more. */
  const busy = new WeakSet<Socket>();
  let isReading = false;
  let isNextTurnSet = false;
  let isResting = false;
  let spentMs = 0;
  let isOthersTurn = false;
  /** Since their last rest. */
  let wereOthersRead = false;
  let sliceFromMs = 0;
  let current: Socket | undefined;

  function next(): Socket | undefined {
    isOthersTurn = !isOthersTurn && !isResting;
    const isForOthers = others.size > 0 && !isResting && (isOthersTurn || fresh.size === 0);
    const queue = isForOthers ? others : fresh;
    for (const socket of queue) {
      queue.delete(socket);
      if (isForOthers) wereOthersRead = true;
      return socket;
    }
    return undefined;
  }

  function readOn(): void {
    if (isReading) return;
    if (!isNextTurnSet) {
      isNextTurnSet = true;
      nextTurn(startTurn);
    }
    if (spentMs >= TURN_MS) {
      rest();
      return;
    }
    const socket = next();
    if (socket === undefined) return;
    isReading = true;
    current = socket;
    sliceFromMs = nowMs();
    socket.cork();
    if (!socket.destroyed) readSlice(socket);
    // The slice has ended when all has run that it started: promises first, and what those started.
    queueMicrotask(endSliceSoon);
  }

  function rest(): void {
    // Who has not been read since the last rest has nothing to rest from: the time may have gone to those of which little comes.
    if (isResting || !wereOthersRead || others.size === 0) return;
    isResting = true;
    wereOthersRead = false;
    afterRest(endRest, REST_MS);
  }

  function endRest(): void {
    isResting = false;
    if (others.size > 0) readOn();
  }

  function startTurn(): void {
    isNextTurnSet = false;
    spentMs = 0;
    if (fresh.size > 0 || (others.size > 0 && !isResting)) readOn();
  }

  function endSliceSoon(): void {
    process.nextTick(endSlice);
  }

  function endSlice(): void {
    const socket = current;
    if (socket !== undefined) {
      socket.uncork();
      if (socket.readableLength > 0) wait(others, socket);
    }
    current = undefined;
    spentMs += nowMs() - sliceFromMs;
    isReading = false;
    if (fresh.size + others.size > 0) readOn();
  }

  function readSlice(socket: Socket): void {
    const isHeard = socket.listenerCount('data') > 0;
    const isMore = socket.readableLength > sliceBytes;
    // What nobody listens to is thrown away at once. A call without a size finds the end too.
    socket.read(isHeard && isMore ? sliceBytes : undefined);
  }

  function wait(queue: Set<Socket>, socket: Socket): void {
    if (socket.destroyed || busy.has(socket) || held.has(socket)) return;
    if (!fresh.has(socket) && !others.has(socket)) queue.add(socket);
  }

  function look(socket: Socket, isRest = false): void {
    wait(isRest || socket === current ? others : fresh, socket);
    readOn();
  }

  // One function for all sockets: they are called with the socket as `this`.
  function onReadable(this: Socket): void {
    look(this);
  }

  function onPause(this: Socket): Socket {
    busy.add(this);
    return Socket.prototype.pause.call(this);
  }

  function onResume(this: Socket): void {
    busy.delete(this);
    look(this, this.readableLength > sliceBytes);
  }

  function onClose(this: Socket): void {
    fresh.delete(this);
    others.delete(this);
    // Who listens would get it all at once.
    if (this.readableLength > sliceBytes) this.read();
  }

  return {
    take(socket, pauses) {
      if (pauses) {
        // A socket that does not flow has no event for it.
        socket.pause = onPause;
        socket.on('resume', onResume);
      }
      socket.prependListener('close', onClose);
      socket.on('readable', onReadable);
    },
    hold(socket) {
      held.add(socket);
      fresh.delete(socket);
      others.delete(socket);
    },
    release(socket) {
      held.delete(socket);
      look(socket);
    },
    get waiting() {
      return fresh.size + others.size;
    },
  };
}
