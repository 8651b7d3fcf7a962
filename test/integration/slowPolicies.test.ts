import { afterEach, beforeEach, expect, it } from 'vitest';
import { SOON, startGatewayHarness, subscribeFrom, type GatewayHarness } from '../support/gatewayHarness.js';
import { metricOf } from '../support/metricOf.js';
import type { ReceivedMessage, WebSocketClient } from '../support/webSocketClient.js';

const LIMIT_MS = 120_000;
/** More than the buffers of any system hold is made in far fewer rounds. */
const MOST_ROUNDS = 100;

let harness: GatewayHarness;
beforeEach(async () => {
  harness = await startGatewayHarness();
});
afterEach(() => harness.close());

type Json = ReceivedMessage['json'];

/** What became of which transaction, in order. */
const changesIn = (messages: readonly Json[]): readonly string[] =>
  messages.flatMap(({ type, data }) =>
    type === 'transaction' ? [`${String(data?.['txid'])} ${String(data?.['status'])}`] : [],
  );
const changesOf = ({ messages }: WebSocketClient): readonly string[] =>
  changesIn(messages.all.map(({ json }) => json));
const skippedBy = ({ messages }: WebSocketClient): number =>
  messages.all
    .filter(({ json }) => json.type === 'skipped')
    .reduce((sum, { json }) => sum + Number(json.data?.['count']), 0);

it(
  'a started gateway does with slow clients what each of them wants, and with nobody else anything',
  async () => {
    const gateway = await harness.start({ maxBufferedBytes: '65536' });
    await gateway.untilAgreed();
    const fast = await gateway.connect();
    await fast.subscribe('transactions');
    const slow = async (policy: string): Promise<WebSocketClient> => {
      const client = await gateway.connect();
      const { json } = await client.ask({ action: 'subscribe', topic: 'transactions', on_slow: policy });
      expect(json).toMatchObject({ status: 'success', on_slow: policy });
      // So that the system's buffers are full sooner: all of it once more, in another dialect.
      client.send({ jsonrpc: '2.0', method: 'subscribe', params: ['all'], id: 1 });
      await client.waitForMessage(({ id }) => id === 1);
      client.socket.pause();
      return client;
    };
    const [drop, latest, close] = [await slow('drop'), await slow('latest'), await slow('close')];

    const fill = async (payments: number): Promise<void> => {
      const txids = await harness.node.control.pay(payments);
      await harness.node.control.mine();
      await fast.waitForMessage(
        ({ data }) => data?.['txid'] === txids.at(-1) && data?.['status'] === 'confirmed',
      );
    };
    const counted = async (policy: string): Promise<number | undefined> =>
      metricOf(gateway, `clients_behind_by_policy{on_slow="${policy}"}`);
    const areSlow = async (): Promise<boolean> =>
      (await counted('drop')) === 1 && (await counted('latest')) === 1 && gateway.health().clients === 3;
    for (let round = 0; !(await areSlow()); round += 1) {
      expect(round).toBeLessThan(MOST_ROUNDS);
      await fill(300);
    }
    // While they are, much is told, and one thing last.
    await fill(50);
    await fill(1);
    const newest = changesOf(fast).at(-1);

    drop.socket.resume();
    latest.socket.resume();
    await drop.waitForMessage(({ type }) => type === 'skipped');
    await latest.waitForMessage(({ type }) => type === 'skipped');
    await expect.poll(() => counted('drop'), SOON).toBe(0);
    await expect.poll(() => counted('latest'), SOON).toBe(0);
    await fill(1);
    const all = changesOf(fast);
    for (const client of [drop, latest]) {
      // Told, or counted: nothing is lost in silence, and the order is kept.
      await expect.poll(() => changesOf(client).length + skippedBy(client), SOON).toBe(all.length);
      const told = new Set(changesOf(client));
      expect(changesOf(client)).toEqual(all.filter((change) => told.has(change)));
      expect(skippedBy(client)).toBeGreaterThan(0);
    }
    expect(await metricOf(gateway, 'skipped_events_total{on_slow="drop"}')).toBe(skippedBy(drop));
    expect(await metricOf(gateway, 'skipped_events_total{on_slow="latest"}')).toBe(skippedBy(latest));
    // The newest of what was left out.
    expect(changesOf(latest)).toContain(newest);
    expect(changesOf(drop)).not.toContain(newest);

    close.socket.resume();
    const { code, reason } = await close.waitForClose();
    expect(code).toBe(4008);
    const again = await gateway.connect();
    const rest = await subscribeFrom(again, 'transactions', reason.split('cursor=')[1]);
    const confirmed = (changes: readonly string[]): readonly string[] =>
      changes.filter((change) => change.endsWith(' confirmed'));
    // The cursor is that of the dialect that is furthest behind: what the other was told already comes once more.
    const both = new Set(confirmed([...changesOf(close), ...changesIn(rest)]));
    expect([...both]).toEqual(confirmed(all));
  },
  LIMIT_MS,
);
