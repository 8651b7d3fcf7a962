import { createServer, type AddressInfo, type Socket } from 'node:net';
import { pino, type Logger } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Publisher } from 'zeromq';
import type { Notice, NoticeTopic } from '../../src/node/noticeTypes.js';
import { createZmqListener, ZmqAddressError, type ZmqListener } from '../../src/node/zmqListener.js';
import { unusedPort } from './nodeStub.js';
import { PATIENCE_MS } from '../support/patience.js';

/** Waits until the check holds: ten seconds at most, on a busy machine. */
const soon = (check: () => void | Promise<void>): Promise<void> => vi.waitFor(check, PATIENCE_MS);

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const silent = pino({ level: 'silent' });
const HASH = 'ab'.repeat(32);
const hash = Buffer.from(HASH, 'hex');
const block: Notice = { type: 'block', hashHex: HASH };
const tx: Notice = { type: 'transaction', txidHex: HASH };
const reconnected: Notice = { type: 'lost', why: 'reconnected' };

interface TestPublisher {
  readonly address: string;
  /** Sends a notice with the topic's next counter, or with `counter`. */
  send(topic: string, body?: Buffer, counter?: number): Promise<void>;
  raw(frames: readonly (string | Buffer)[]): Promise<void>;
  close(): void;
}

async function publish(address = 'tcp://127.0.0.1:*'): Promise<TestPublisher> {
  const socket = new Publisher({ linger: 0 });
  // The address may still be held for a moment by a publisher that was just closed.
  await soon(() => socket.bind(address));
  closers.push(() => {
    if (!socket.closed) socket.close();
  });
  const counters = new Map<string, number>();
  return {
    address: socket.lastEndpoint ?? '',
    async send(topic, body = hash, counter = counters.get(topic) ?? 0) {
      counters.set(topic, counter + 1);
      const counterBytes = Buffer.alloc(4);
      counterBytes.writeUInt32LE(counter);
      await socket.send([topic, body, counterBytes]);
    },
    raw: (frames) => socket.send([...frames]),
    close: () => {
      socket.close();
    },
  };
}

interface TestListener {
  readonly listener: ZmqListener;
  readonly notices: Notice[];
}

function listen(
  addresses: readonly string[],
  options: { logger?: Logger; settleMs?: number; onNotice?: (notice: Notice) => void } = {},
): TestListener {
  const notices: Notice[] = [];
  const listener = createZmqListener({
    addresses,
    logger: silent,
    settleMs: 0,
    onNotice: (notice) => notices.push(notice),
    ...options,
  });
  closers.push(() => listener.stop());
  listener.start();
  return { listener, notices };
}

const isUp = (listener: ZmqListener): boolean => listener.state().connections.every(({ up }) => up);
const topicState = (listener: ZmqListener, topic: NoticeTopic) =>
  listener.state().topics.find((state) => state.topic === topic);

/** Waits until a subscription has reached the publisher, which is later than the handshake; then forgets what came. */
async function settle(publisher: TestPublisher, { listener, notices }: TestListener): Promise<void> {
  const before = listener.state().malformed;
  await soon(async () => {
    await publisher.raw(['hashblock', 'probe']);
    expect(listener.state().malformed).toBeGreaterThan(before);
    expect(isUp(listener)).toBe(true);
  });
  // What is still on its way of the probes comes before the next notice, and is malformed too.
  notices.length = 0;
}

async function connected(options: Parameters<typeof listen>[1] = {}) {
  const publisher = await publish();
  const test = listen([publisher.address], options);
  await settle(publisher, test);
  return { publisher, ...test };
}

describe('createZmqListener', () => {
  it('tells block and transaction notices in order, and counts them by topic', async () => {
    const { publisher, listener, notices } = await connected();
    await publisher.send('hashtx');
    await publisher.send('hashblock');
    await publisher.send('hashtx', Buffer.alloc(32, 1));
    await soon(() => {
      expect(notices).toStrictEqual([tx, block, { type: 'transaction', txidHex: '01'.repeat(32) }]);
    });
    expect(topicState(listener, 'hashtx')).toMatchObject({ received: 2, lastCounter: 1, missed: 0, gaps: 0 });
    expect(topicState(listener, 'hashtx')?.lastNoticeAtMs).toBeGreaterThan(1_700_000_000_000);
    expect(topicState(listener, 'hashblock')).toMatchObject({ received: 1, lastCounter: 0 });
  });

  it('understands the sequence topic of a node that has one', async () => {
    const { publisher, notices } = await connected();
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(9_007_199_254_740_993n);
    await publisher.send('sequence', Buffer.concat([hash, Buffer.from('D')]));
    await publisher.send('sequence', Buffer.concat([hash, Buffer.from('R'), number]));
    await soon(() => {
      expect(notices).toStrictEqual([
        { type: 'sequence', hashHex: HASH, label: 'D' },
        { type: 'sequence', hashHex: HASH, label: 'R', mempoolSequence: '9007199254740993' },
      ]);
    });
  });

  it('tells a loss before the notice that shows it', async () => {
    const { publisher, listener, notices } = await connected();
    for (const counter of [7, 10, 2, 3]) await publisher.send('hashtx', hash, counter);
    await soon(() => {
      expect(notices).toStrictEqual([
        tx,
        { type: 'lost', why: 'gap', topic: 'hashtx' },
        tx,
        { type: 'lost', why: 'restart', topic: 'hashtx' },
        tx,
        tx,
      ]);
    });
    expect(topicState(listener, 'hashtx')).toMatchObject({ received: 4, missed: 2, gaps: 1, restarts: 1 });
  });

  it('ignores and counts messages of another shape, and goes on', async () => {
    const { publisher, listener, notices } = await connected();
    const before = listener.state().malformed;
    await publisher.send('hashblockx');
    await publisher.send('hashtx', hash.subarray(1));
    await publisher.send('sequence', hash);
    await publisher.raw(['hashtx']);
    await publisher.raw(['hashtx', hash]);
    await publisher.raw(['hashtx', hash, Buffer.alloc(4), 'more']);
    await publisher.raw(['hashtx', hash, Buffer.alloc(3)]);
    await publisher.send('hashblock');
    await soon(() => {
      expect(notices).toStrictEqual([block]);
    });
    expect(listener.state().malformed - before).toBeGreaterThanOrEqual(7);
  });

  it('goes on when the one who is told throws', async () => {
    let calls = 0;
    const lines: string[] = [];
    const { publisher } = await connected({
      logger: pino({ level: 'error' }, { write: (line: string) => lines.push(line) }),
      onNotice: () => {
        calls += 1;
        throw new Error('no');
      },
    });
    const before = calls;
    await publisher.send('hashtx');
    await publisher.send('hashtx');
    await soon(() => {
      expect(calls - before).toBe(2);
    });
    expect(lines).toHaveLength(1);
  });

  it('is down until somebody publishes, then up, down and up again, each logged once', async () => {
    const address = `tcp://127.0.0.1:${await unusedPort()}`;
    const lines: string[] = [];
    const logger = pino(
      {},
      { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) },
    );
    const test = listen([address], { logger });
    const { listener, notices } = test;
    expect(listener.state().connections).toStrictEqual([{ address, up: false }]);
    await soon(() => {
      expect(lines).toStrictEqual(['zmq not connected']);
    });
    expect(notices).toStrictEqual([]);

    const first = await publish(address);
    await soon(() => {
      expect(isUp(listener)).toBe(true);
    });
    expect(notices).toStrictEqual([reconnected]);
    await settle(first, test);
    await first.send('hashtx', hash, 100);
    await soon(() => {
      expect(notices).toStrictEqual([tx]);
    });

    first.close();
    await soon(() => {
      expect(isUp(listener)).toBe(false);
    });
    const second = await publish(address);
    await soon(() => {
      expect(notices).toStrictEqual([tx, reconnected]);
    });
    await settle(second, test);
    await second.send('hashtx', hash, 0);
    await soon(() => {
      expect(notices).toStrictEqual([{ type: 'lost', why: 'restart', topic: 'hashtx' }, tx]);
    });
    // The second time down came within the minute, so neither it nor its end is worth a line.
    expect(lines.filter((line) => line.startsWith('zmq') && line.includes('connected'))).toStrictEqual([
      'zmq not connected',
      'zmq connected',
    ]);
  });

  it('tells the reconnection a second time, for what was published before the subscription arrived', async () => {
    const publisher = await publish();
    const { notices } = listen([publisher.address], { settleMs: 20 });
    await soon(() => {
      expect(notices).toStrictEqual([reconnected, reconnected]);
    });
  });

  it('does not call a connection up on which the other side never says a word', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const { listener, notices } = listen([`tcp://127.0.0.1:${port}`]);
    // The other side has its connection, and has been greeted.
    await soon(() => {
      expect(sockets.some((socket) => socket.bytesRead > 0 || socket.read() !== null)).toBe(true);
    });
    expect(isUp(listener)).toBe(false);
    expect(notices).toStrictEqual([]);
  });

  it('listens to several addresses, one connection each', async () => {
    const blocks = await publish();
    const transactions = await publish();
    const test = listen([blocks.address, transactions.address, blocks.address]);
    await settle(blocks, test);
    await settle(transactions, test);
    await blocks.send('hashblock');
    await transactions.send('hashtx');
    await soon(() => {
      expect(test.notices).toHaveLength(2);
    });
    expect(test.listener.state().connections).toStrictEqual([
      { address: blocks.address, up: true },
      { address: transactions.address, up: true },
    ]);
  });

  it('loses nothing of 20,000 notices in bursts of 500', async () => {
    const { publisher, listener, notices } = await connected();
    const sent = 20_000;
    let counter = 0;
    // The publisher itself drops above 1000 waiting messages, so it is given time as the node's own pace does.
    while (counter < sent) {
      for (const end = counter + 500; counter < end; counter += 1)
        await publisher.send('hashtx', hash, counter);
      const reached = counter;
      await soon(() => {
        expect(notices).toHaveLength(reached);
      });
    }
    expect(topicState(listener, 'hashtx')).toMatchObject({ received: sent, missed: 0, gaps: 0 });
  });

  it('stops for good: no notices afterwards, and stopping twice is fine', async () => {
    const { publisher, listener, notices } = await connected();
    await listener.stop();
    await listener.stop();
    await publisher.send('hashtx');
    listener.start();
    expect(notices).toStrictEqual([]);
    expect(listener.state().connections.map(({ up }) => up)).toStrictEqual([false]);
  });

  it('stops also where nobody ever published, and before it was started', async () => {
    const { listener } = listen(['tcp://127.0.0.1:9']);
    await listener.stop();
    await createZmqListener({ addresses: [], logger: silent, onNotice: () => undefined }).stop();
  });

  it('refuses an address that ZMQ cannot connect to, and leaves nothing open', () => {
    const listener = createZmqListener({
      addresses: ['tcp://127.0.0.1:28332', 'nonsense'],
      logger: silent,
      onNotice: () => undefined,
    });
    expect(() => {
      listener.start();
    }).toThrow(ZmqAddressError);
  });
});
