import { Socket } from 'node:net';
import * as wsModule from 'ws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SOON } from '../support/gatewayHarness.js';
import { draft, startServer, type ServerHarness } from '../support/serverHarness.js';

/**
 * What the fan-out costs, in counts that are the same on every machine: a change that writes, joins or frames once for each client
 * or each event shows here, and not first in a benchmark.
 */
const { Sender } = wsModule as unknown as { readonly Sender: { frame(...args: unknown[]): Buffer[] } };

let harness: ServerHarness;

afterEach(async () => {
  vi.restoreAllMocks();
  await harness.close();
});

/** Counts what is written to the server's side of the sockets, and the frames that are made. */
function countWork(port: number): { readonly writes: () => number; readonly frames: () => number } {
  const write = vi.spyOn(Socket.prototype, 'write');
  const frame = vi.spyOn(Sender, 'frame');
  return {
    writes: () => write.mock.contexts.filter((socket) => (socket as Socket).localPort === port).length,
    frames: () => frame.mock.calls.length,
  };
}

describe('events for many clients', () => {
  it.each([
    { clients: 4, events: 1 },
    { clients: 4, events: 200 },
    { clients: 40, events: 1 },
    { clients: 40, events: 200 },
  ])(
    'are framed once each, joined once for those who want the same, and written once to each ($clients clients, $events events)',
    async ({ clients, events }) => {
      harness = await startServer();
      const open = await Promise.all(Array.from({ length: clients }, () => harness.connect()));
      // Two cohorts, and a topic that nobody wants.
      await Promise.all(
        open.map((client, index) => client.subscribe(index % 2 === 0 ? 'blocks' : 'transactions')),
      );
      const before = harness.server.stats();
      const work = countWork(harness.port);
      harness.log.append(
        Array.from({ length: events }, (_, n) => [
          draft('block', n, 1000),
          draft('transaction', n, 1000),
          draft('sequence', n, 1000),
        ]).flat(),
      );
      await expect
        .poll(
          () =>
            open.map(
              ({ messages }) =>
                messages.all.filter(
                  ({ json }) =>
                    json.cursor !== undefined && json.type !== 'subscription' && json.type !== 'welcome',
                ).length,
            ),
          SOON,
        )
        .toEqual(open.map(() => events));
      const after = harness.server.stats();
      expect(after.ticks - before.ticks).toBe(1);
      expect(after.cohortJoins - before.cohortJoins).toBe(2);
      expect(after.writes - before.writes).toBe(clients);
      expect(work.writes()).toBe(clients);
      expect(work.frames()).toBe(events * 2);
    },
  );

  it('of topics that nobody wants do not split a turn', async () => {
    harness = await startServer();
    const client = await harness.connect();
    await client.subscribe('transactions');
    const before = harness.server.stats();
    // More than goes out in one turn, were it wanted.
    harness.log.append([
      draft('transaction', 1),
      ...Array.from({ length: 20 }, (_, n) => draft('block', n, 100_000)),
      draft('transaction', 2),
    ]);
    await client.waitForMessage(({ type, data }) => type === 'transaction' && data?.['n'] === 2);
    const after = harness.server.stats();
    expect([after.ticks - before.ticks, after.writes - before.writes]).toEqual([1, 1]);
  });

  it('wait for company as long as they are told to, and are written together then; answers do not wait', async () => {
    const clients = 5;
    const turns = 10;
    const writesWith = async (coalesceMs: number): Promise<number> => {
      harness = await startServer({ coalesceMs });
      const open = await Promise.all(Array.from({ length: clients }, () => harness.connect()));
      await Promise.all(open.map((client) => client.subscribe('blocks')));
      const before = harness.server.stats();
      for (let n = 1; n <= turns; n += 1) {
        harness.log.append([draft('block', n)]);
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const [first] = open;
      const answer = await first?.ask({ command: 'getblockcount', params: [] });
      expect(answer?.json.type).toBe('response');
      // Whoever asks is not made to wait by those who wait for company.
      const isEarly = first?.messages.all.every(({ json }) => json.data?.['n'] !== turns);
      expect(isEarly).toBe(coalesceMs > 0);
      const all = Array.from({ length: turns }, (_, index) => index + 1);
      for (const { messages } of open) {
        const numbers = (): readonly unknown[] => messages.all.flatMap(({ json }) => json.data?.['n'] ?? []);
        await expect.poll(numbers, SOON).toEqual(all);
      }
      return harness.server.stats().writes - before.writes;
    };
    expect(await writesWith(0)).toBe(clients * turns);
    await harness.close();
    expect(await writesWith(5000)).toBe(clients);
  });
});
