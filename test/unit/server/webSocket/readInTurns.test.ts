import { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createReadingTurns,
  SLICE_BYTES,
  type ReadingTurns,
} from '../../../../src/server/webSocket/readInTurns.js';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Runs what is due: promises, ticks and the streams' own events. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads on a clock that only moves when told, in turns and rests that only end when told. */
function readers(maxMessageBytes = 1_048_576): {
  readonly turns: ReadingTurns;
  readonly spend: (ms: number) => void;
  readonly endTurn: () => Promise<void>;
  readonly endRest: () => Promise<void>;
} {
  let nowMs = 0;
  let turn: (() => void) | undefined;
  let rest: (() => void) | undefined;
  const turns = createReadingTurns({
    maxMessageBytes,
    nowMs: () => nowMs,
    nextTurn: (callback) => (turn = callback),
    afterRest: (callback) => (rest = callback),
  });
  const run = async (callback: (() => void) | undefined): Promise<void> => {
    callback?.();
    await settle();
  };
  return {
    turns,
    spend: (ms) => (nowMs += ms),
    endTurn() {
      const ended = turn;
      turn = undefined;
      return run(ended);
    },
    endRest() {
      const ended = rest;
      rest = undefined;
      return run(ended);
    },
  };
}

/** A socket of nobody's, into which a test puts bytes. */
function socketOf(onData: (chunk: Buffer) => void): Socket {
  const socket = new Socket();
  sockets.push(socket);
  socket.on('data', onData);
  return socket;
}

/** What is read of sockets, by name and length, in its order. */
function listen(turns: ReadingTurns, names: string, onSlice: () => void = () => undefined) {
  const read: string[] = [];
  const named = Object.fromEntries(
    Array.from(names, (name) => {
      const socket = socketOf((chunk) => {
        read.push(`${name}${chunk.length}`);
        onSlice();
      });
      turns.take(socket, true);
      return [name, socket];
    }),
  );
  const put = async (name: string, bytes: number): Promise<void> => {
    named[name]?.push(Buffer.alloc(bytes));
    await settle();
  };
  return { read, put, socket: (name: string): Socket => named[name] ?? new Socket() };
}

describe('reading in turns', () => {
  it('gives who listens all that came, in its order', async () => {
    const { turns } = readers();
    const parts: Buffer[] = [];
    const socket = socketOf((chunk) => parts.push(chunk));
    turns.take(socket, false);
    const sent = Buffer.from(Array.from({ length: 5 * SLICE_BYTES + 7 }, (_, index) => index % 251));
    socket.push(sent.subarray(0, 3000));
    await settle();
    socket.push(sent.subarray(3000));
    await settle();
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
    expect(parts.every(({ length }) => length <= SLICE_BYTES)).toBe(true);
  });

  it('reads larger slices where messages may be so long that they would be too many', async () => {
    const { turns } = readers(8192 * SLICE_BYTES);
    const { read, put } = listen(turns, 'a');
    await put('a', 5 * SLICE_BYTES);
    expect(read).toEqual(['a2048', 'a2048', 'a1024']);
  });

  it('reads who says little before the rest of who says much', async () => {
    const { turns } = readers();
    const { read, socket } = listen(turns, 'abc');
    socket('a').push(Buffer.alloc(3 * SLICE_BYTES));
    socket('b').push(Buffer.alloc(10));
    socket('c').push(Buffer.alloc(20));
    await settle();
    expect(read).toEqual(['a1024', 'b10', 'a1024', 'c20', 'a1024']);
  });

  it('ends a turn when its time is over, and lets who has more rest while others are read', async () => {
    const { turns, spend, endTurn, endRest } = readers();
    const { read, put } = listen(turns, 'ab', () => {
      spend(0.3);
    });
    await put('a', 6 * SLICE_BYTES);
    expect(read.splice(0)).toEqual(['a1024', 'a1024']);
    await put('b', 10);
    expect(read).toEqual([]);
    expect(turns.waiting).toBe(2);
    await endTurn();
    expect(read.splice(0)).toEqual(['b10']);
    await endRest();
    expect(read.splice(0)).toEqual(['a1024']);
    await endTurn();
    expect(read).toEqual([]);
    await endRest();
    expect(read.splice(0)).toEqual(['a1024', 'a1024']);
    await endTurn();
    await endRest();
    expect(read).toEqual(['a1024']);
    expect(turns.waiting).toBe(0);
  });

  it('reads on with who has more while those that say little take the time of every turn', async () => {
    const { turns, spend, endTurn, endRest } = readers();
    const { read, put } = listen(turns, 'abcd', () => {
      spend(0.3);
    });
    await put('a', 20 * SLICE_BYTES);
    for (let turn = 0; turn < 10; turn += 1) {
      read.splice(0);
      // A rest ends before what has come meanwhile is read, and that before the next turn.
      await endRest();
      for (const name of 'bcd') await put(name, 10);
      await endTurn();
      expect(read.filter((slice) => slice.startsWith('a')).length, `turn ${turn}`).toBeGreaterThan(0);
      expect(read.filter((slice) => !slice.startsWith('a')).length, `turn ${turn}`).toBeGreaterThan(0);
    }
  });

  it('counts what the promises cost that a slice has started', async () => {
    const { turns, spend } = readers();
    const { read, put } = listen(turns, 'a', () => {
      void Promise.resolve()
        .then(() => undefined)
        .then(() => {
          spend(1);
        });
    });
    await put('a', 3 * SLICE_BYTES);
    expect(read).toEqual(['a1024']);
  });

  it('reads nothing of a socket that is held, until it is released', async () => {
    const { turns } = readers();
    const { read, put, socket } = listen(turns, 'a');
    turns.hold(socket('a'));
    await put('a', 10);
    expect(read).toEqual([]);
    turns.release(socket('a'));
    await settle();
    expect(read).toEqual(['a10']);
  });

  it('reads nothing more of a socket that its listener has paused, until it resumes it', async () => {
    const { turns } = readers();
    const { read, put, socket } = listen(turns, 'a', () => {
      socket('a').pause();
    });
    await put('a', 3 * SLICE_BYTES);
    expect(read).toEqual(['a1024']);
    socket('a').resume();
    await settle();
    expect(read).toEqual(['a1024', 'a1024']);
  });

  it('throws away at once what nobody listens to any more, and finds the end', async () => {
    const { turns } = readers();
    const { read, put, socket } = listen(turns, 'a', () => {
      socket('a').removeAllListeners('data');
    });
    let ended = false;
    socket('a').on('end', () => (ended = true));
    await put('a', 20 * SLICE_BYTES);
    expect(read).toEqual(['a1024']);
    expect(socket('a').readableLength).toBe(0);
    socket('a').push(null);
    await settle();
    expect(ended).toBe(true);
  });

  it('finds the end behind what is read in slices', async () => {
    const { turns } = readers();
    const { read, socket } = listen(turns, 'a');
    let ended = false;
    socket('a').on('end', () => (ended = true));
    socket('a').push(Buffer.alloc(2 * SLICE_BYTES));
    socket('a').push(null);
    await settle();
    expect(read).toEqual(['a1024', 'a1024']);
    expect(ended).toBe(true);
  });

  it('leaves nothing of a flood to who listens for the end of a socket', async () => {
    const { turns } = readers();
    const { put, socket } = listen(turns, 'a');
    let leftBytes: number | undefined;
    socket('a').on('close', () => (leftBytes = socket('a').readableLength));
    turns.hold(socket('a'));
    await put('a', 20 * SLICE_BYTES);
    socket('a').destroy();
    await settle();
    expect(leftBytes).toBe(0);
    expect(turns.waiting).toBe(0);
  });
});
