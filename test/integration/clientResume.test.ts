import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { connect, type Client, type Subscription } from '../../src/client/index.js';
import { startCuttableProxy, type CuttableProxy } from '../support/cuttableProxy.js';
import { createTestLog, draft, startServer, type ServerHarness } from '../support/serverHarness.js';

const KIB = 1024;
/** Waits that make a test short and are waits all the same. */
const QUICK = { firstDelayMs: 5, maxDelayMs: 20 };

let harness: ServerHarness;
let proxy: CuttableProxy;
let client: Client;

afterEach(async () => {
  await client.close();
  await proxy.close();
  await harness.close();
});

async function start(options: Parameters<typeof connect>[1] = {}): Promise<void> {
  harness = await startServer({ maxBufferedBytes: 64 * KIB }, createTestLog());
  proxy = await startCuttableProxy(harness.port);
  client = connect(proxy.url, { reconnect: QUICK, ...options });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The number of the next event, whose topic does not matter here. */
async function nextNumber(stream: Subscription<{ readonly data: unknown }>): Promise<number> {
  const { value } = await stream.next();
  return (value?.data as { readonly n: number }).n;
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Waits until the client is live: what is appended then is its own. */
async function live(topic: string): Promise<void> {
  for await (const status of client.status()) if (status.state === 'live' && status.topic === topic) return;
}

describe('a client behind a wire that is cut again and again', () => {
  it('gets every event once and in order, of live and of past ones', async () => {
    await start();
    const steps = client.subscribe('sequence');
    await live('sequence');
    const plan = fc.sample(fc.record({ events: fc.integer({ min: 1, max: 12 }), turns: fc.nat(6) }), {
      numRuns: 300,
      seed: 20,
    });
    let total = 0;
    const appending = (async () => {
      for (const [index, { events, turns }] of plan.entries()) {
        harness.log.append(upTo(events).map((more) => draft('sequence', total + more, more * 100)));
        total += events;
        for (let left = turns; left > 0; left -= 1) await turn();
        if (index % 10 === 9) {
          const before = client.stats().connections;
          proxy.cut();
          // Not before it is back, or the next cut would only hit the attempt.
          if (index % 20 === 19) while (client.stats().connections === before) await turn();
        }
      }
    })();
    const seen: number[] = [];
    const expected = plan.reduce((sum, { events }) => sum + events, 0);
    while (seen.length < expected) seen.push(await nextNumber(steps));
    await appending;
    expect(seen).toEqual(upTo(expected));
    expect(client.stats()).toMatchObject({ duplicates: 0, queuedEvents: 0, unknownMessages: 0 });
    expect(client.stats().connections).toBeGreaterThanOrEqual(15);
  });
});

describe('a client whose consumer is slow', () => {
  /** More than the sockets' own buffers hold. */
  const total = 2000;
  const eventBytes = 16 * KIB;
  const append = async (): Promise<void> => {
    for (let n = 1; n <= total; n += 1) {
      harness.log.append([draft('sequence', n, eventBytes)]);
      if (n % 50 === 0) await turn();
    }
  };

  it('stops reading, so that the server holds the events, and then gets each once', async () => {
    await start({ maxQueuedEvents: 100 });
    const steps = client.subscribe('sequence');
    await live('sequence');
    await append();
    while (harness.server.stats().behind === 0) await turn();
    const { queuedEvents, pauses, parks } = client.stats();
    expect({ pauses, parks }).toEqual({ pauses: 1, parks: 0 });
    // The limit, and what was in the last chunk that the socket had given.
    expect(queuedEvents).toBeLessThan(200);
    const seen: number[] = [];
    while (seen.length < total) {
      seen.push(await nextNumber(steps));
      if (seen.length % 64 === 0) expect(await client.call('getblockcount')).toBeNull();
    }
    expect(seen).toEqual(upTo(total));
    expect(client.stats().duplicates).toBe(0);
  });

  it('is put aside where the platform cannot stop reading, and then gets each once', async () => {
    const { WebSocket: Ws } = await import('ws');
    class BrowserLikeWebSocket extends Ws {
      override readonly pause = undefined as unknown as () => void;
    }
    await start({ maxQueuedEvents: 100, webSocket: BrowserLikeWebSocket });
    const steps = client.subscribe('sequence');
    await live('sequence');
    await append();
    while (client.stats().parks === 0) await turn();
    while (harness.server.stats().subscriptionsByTopic.sequence > 0) await turn();
    expect(client.stats()).toMatchObject({ queuedEvents: 100, pauses: 0, parks: 1 });
    const seen: number[] = [];
    while (seen.length < total) seen.push(await nextNumber(steps));
    expect(seen).toEqual(upTo(total));
    expect(client.stats().duplicates).toBe(0);
  });
});
