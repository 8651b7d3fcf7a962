/** What waits for a consumer, in order. */
export interface AsyncQueue<T> {
  /** Items that wait. */
  readonly length: number;
  /** Sum of the sizes of the items that wait. */
  readonly size: number;
  /** Whether a consumer waits for an item. */
  readonly isWanted: boolean;
  /** Nothing is taken in any more. */
  readonly isEnded: boolean;
  /** Adds an item; does nothing after the end. */
  push(item: T, size: number): void;
  /** Drops the oldest item. */
  dropOldest(): void;
  /** The next item; done, or rejected with the error of the end, when the last item was taken. */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Takes in no more; what waits is still given, and then the error, once, if there is one. Only the first end counts. */
  end(error?: Error): void;
  /** As {@link end}, and drops what waits. */
  discard(error?: Error): void;
}

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: Error) => void;
}

const DONE = { done: true, value: undefined } as const;

/** An empty queue. It sets no limit: who fills it looks at its length and size. `onTaken` is called after each item that was taken. */
export function createAsyncQueue<T>(onTaken: () => void): AsyncQueue<T> {
  let items: ({ readonly value: T; readonly size: number } | undefined)[] = [];
  // Items before it were taken: `shift` of a long array is slow.
  let first = 0;
  let size = 0;
  let waiters: Waiter<T>[] = [];
  let isEnded = false;
  let failure: Error | undefined;

  function takeFirst(): T | undefined {
    const item = items[first];
    if (item === undefined) return undefined;
    items[first] = undefined;
    first += 1;
    size -= item.size;
    if (first > 1000 && first * 2 > items.length) {
      items = items.slice(first);
      first = 0;
    }
    return item.value;
  }

  function end(error?: Error): void {
    if (isEnded) return;
    isEnded = true;
    failure = error;
    const waiting = waiters;
    waiters = [];
    for (const waiter of waiting) {
      // Whoever waits, waits because nothing is left.
      if (failure === undefined) waiter.resolve(DONE);
      else waiter.reject(failure);
      failure = undefined;
    }
  }

  return {
    get length() {
      return items.length - first;
    },
    get size() {
      return size;
    },
    get isWanted() {
      return waiters.length > 0;
    },
    get isEnded() {
      return isEnded;
    },
    push(value, itemSize) {
      if (isEnded) return;
      const waiter = waiters.shift();
      if (waiter !== undefined) {
        waiter.resolve({ done: false, value });
        return;
      }
      items.push({ value, size: itemSize });
      size += itemSize;
    },
    dropOldest() {
      takeFirst();
    },
    next() {
      if (items.length > first) {
        const value = takeFirst() as T;
        onTaken();
        return Promise.resolve({ done: false, value });
      }
      if (isEnded) {
        const error = failure;
        failure = undefined;
        return error === undefined ? Promise.resolve(DONE) : Promise.reject(error);
      }
      return new Promise((resolve, reject) => {
        waiters.push({ resolve, reject });
        // Somebody wants more: whoever is held back may go on.
        onTaken();
      });
    },
    end,
    discard(error) {
      items = [];
      first = 0;
      size = 0;
      if (isEnded) failure = undefined;
      end(error);
    },
  };
}
