import { afterEach, beforeEach, expect, it } from 'vitest';
import { SOON, startGatewayHarness, type GatewayHarness } from '../support/gatewayHarness.js';
import { metricOf } from '../support/metricOf.js';

const MAX_BUFFERED_BYTES = 65_536;
/** More than the buffers of any system hold is made in far fewer rounds. */
const MOST_ROUNDS = 100;
const LIMIT_MS = 120_000;

let harness: GatewayHarness;
beforeEach(async () => {
  harness = await startGatewayHarness();
});
afterEach(() => harness.close());

interface Behind {
  readonly id: number;
  readonly events_behind: number;
  readonly unsent_bytes: number;
}

it(
  'health and metrics show who is behind and how far, as long as he is, and then nobody',
  async () => {
    const gateway = await harness.start({ maxBufferedBytes: String(MAX_BUFFERED_BYTES) });
    await gateway.untilAgreed();
    const behind = async (): Promise<readonly Behind[]> => {
      const answer = await fetch(`${gateway.url.replace('ws:', 'http:')}/health`);
      return ((await answer.json()) as { readonly clients_behind: readonly Behind[] }).clients_behind;
    };
    const [fast, slow] = [await gateway.connect(), await gateway.connect()];
    await fast.subscribe('all');
    await slow.subscribe('all');
    // Each dialect that it uses brings all of it once more, so that the system's buffers are full sooner; it stays one client.
    slow.send({ jsonrpc: '2.0', method: 'subscribe', params: ['all'], id: 1 });
    slow.send({ method: 'subscribe', params: ['all'], id: 2 });
    await slow.waitForMessage(({ id }) => id === 2);
    expect(await behind()).toEqual([]);
    expect(await metricOf(gateway, 'clients_behind')).toBe(0);

    slow.socket.pause();
    /** A block with so many payments, of which the other client has been told. */
    const fill = async (payments: number): Promise<void> => {
      await harness.node.control.pay(payments);
      const [hash] = await harness.node.control.mine();
      await fast.waitForMessage(({ type, data }) => type === 'sequence' && data?.['hash'] === hash);
    };
    // Well behind: what the system's buffers still take does not bring it back.
    const isBehind = async (): Promise<boolean> =>
      (await behind()).some(({ events_behind: events }) => events > 1000);
    for (let round = 0; !(await isBehind()); round += 1) {
      expect(round).toBeLessThan(MOST_ROUNDS);
      await fill(300);
    }
    // Who reads may be behind for a moment.
    await expect.poll(async () => (await behind()).length, SOON).toBe(1);
    const [one] = await behind();
    expect(one?.events_behind).toBeGreaterThan(0);
    expect(one?.unsent_bytes).toBeGreaterThan(MAX_BUFFERED_BYTES);
    expect(await metricOf(gateway, 'clients_behind')).toBe(1);
    expect(await metricOf(gateway, 'clients_behind_by_policy{on_slow="catch_up"}')).toBe(1);
    expect(await metricOf(gateway, 'clients_behind_events')).toBeGreaterThan(0);

    slow.socket.resume();
    await expect.poll(behind, SOON).toEqual([]);
    await expect.poll(() => metricOf(gateway, 'clients_behind'), SOON).toBe(0);
    expect(await metricOf(gateway, 'clients_behind_events')).toBe(0);
    // Nothing is missing.
    const textsOf = ({ messages }: typeof fast): readonly string[] =>
      messages.all
        .filter(
          ({ json }) => json.cursor !== undefined && json.topic !== undefined && json.type !== 'subscription',
        )
        .map(({ text }) => text);
    await expect.poll(() => textsOf(slow).length === textsOf(fast).length, SOON).toBe(true);
    expect(textsOf(slow)).toEqual(textsOf(fast));
  },
  LIMIT_MS,
);
