import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/connect.js';
import { ConnectionError } from '../../../src/client/clientErrors.js';
import type { ClientStatus } from '../../../src/client/clientTypes.js';
import { createFakeGateway } from './fakeGateway.js';

async function all(statuses: AsyncIterable<ClientStatus>): Promise<readonly ClientStatus[]> {
  const taken: ClientStatus[] = [];
  for await (const status of statuses) taken.push(status);
  return taken;
}

describe('a client', () => {
  it('makes no storm of a gateway that takes every connection and ends it at once', async () => {
    const gateway = createFakeGateway();
    const hourMs = 3_600_000;
    for (let ms = 0; ms < hourMs; ms += 100) {
      if (gateway.connection.ending === undefined && gateway.connection.sent.length === 0) {
        gateway.connection.welcome();
        gateway.connection.end({ code: 1000 });
      }
      gateway.clock.advance(100);
    }
    // 15 s between two attempts, half the longest wait, once the waits have grown.
    expect(gateway.connections.length).toBeLessThan(hourMs / 15_000 + 12);
    expect(gateway.connections.length).toBeGreaterThan(hourMs / 15_100);
    await gateway.client.close();
  });

  it('begins with small waits again only after a connection that was useful for some seconds', async () => {
    const gateway = createFakeGateway();
    const waits: unknown[] = [];
    for (const usefulMs of [0, 0, 0, 4999, 5000, 0]) {
      gateway.connection.welcome();
      gateway.clock.advance(usefulMs);
      const statuses = gateway.client.status();
      gateway.connection.end({ code: 1006 });
      await statuses.next();
      const { value } = await statuses.next();
      if (value?.state !== 'disconnected') throw new Error(`not disconnected: ${String(value?.state)}`);
      waits.push(value.retryInMs);
      gateway.clock.advance(value.retryInMs ?? 0);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 250, 500]);
    await gateway.client.close();
  });

  it('spreads its attempts over the whole wait', async () => {
    for (const [random, expected] of [
      [0, 0],
      [0.999, 499],
    ] as const) {
      const gateway = createFakeGateway({ random: () => random });
      const statuses = gateway.client.status();
      gateway.connection.end({});
      await statuses.next();
      expect((await statuses.next()).value).toMatchObject({ state: 'disconnected', retryInMs: expected });
      await gateway.client.close();
    }
  });

  it('leaves a gateway alone for some seconds that asks for it', async () => {
    const gateway = createFakeGateway();
    gateway.connection.welcome();
    gateway.clock.advance(60_000);
    gateway.connection.end({ code: 1001, reason: 'shutting down' });
    gateway.clock.advance(2499);
    expect(gateway.connections).toHaveLength(1);
    gateway.clock.advance(1);
    expect(gateway.connections).toHaveLength(2);
    await gateway.client.close();
  });

  it.each([1002, 1007, 1008, 4029])('ends with an error when it is closed with %i', async (code) => {
    const gateway = createFakeGateway();
    const blocks = gateway.client.subscribe('blocks');
    const statuses = gateway.client.status();
    gateway.connection.welcome();
    gateway.connection.acknowledge();
    gateway.connection.event('block', 'blocks', 'c1');
    const call = gateway.client.call('getblockcount');
    gateway.connection.end({ code, reason: 'because' });
    await expect(call).rejects.toMatchObject({ code: 'GW_ERR_CONNECTION_LOST' });
    expect((await blocks.next()).value).toMatchObject({ cursor: 'c1' });
    const error = await blocks.next().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: 'GW_ERR_CONNECTION_REFUSED', closeCode: code, reason: 'because' });
    expect((await all(statuses)).slice(-2)).toEqual([
      { state: 'disconnected', code, reason: 'because', retryInMs: undefined },
      { state: 'closed', error },
    ]);
    gateway.clock.advance(100_000);
    expect(gateway.connections).toHaveLength(1);
    expect(() => gateway.client.subscribe('blocks')).toThrow(
      expect.objectContaining({ code: 'GW_ERR_CLIENT_CLOSED' }),
    );
    expect(gateway.clock.timers).toBe(0);
    await gateway.client.close();
  });

  it('gives up a connection without a welcome', async () => {
    const gateway = createFakeGateway();
    gateway.connection.say({ type: 'hello' });
    gateway.clock.advance(9999);
    expect(gateway.connection.ending).toBeUndefined();
    gateway.clock.advance(1);
    expect(gateway.connection.ending).toBe('terminate');
    gateway.clock.advance(250);
    expect(gateway.connections).toHaveLength(2);
    expect(gateway.client.stats()).toMatchObject({ connections: 0, failedAttempts: 1 });
    await gateway.client.close();
  });

  it('notices a gateway that has fallen silent, and asks before it gives it up', async () => {
    const gateway = createFakeGateway();
    const { connection } = gateway;
    connection.welcome(undefined, { ping_interval_ms: 1000, ping_timeout_ms: 500 });
    gateway.clock.advance(1500);
    connection.event('block', 'blocks', 'c1');
    gateway.clock.advance(1999);
    expect(connection.sent).toEqual([]);
    gateway.clock.advance(1);
    expect(connection.last).toMatchObject({ command: 'uptime', params: [] });
    connection.say({ type: 'response', id: connection.last.id, data: 1 });
    gateway.clock.advance(2499);
    expect(connection.sent).toHaveLength(2);
    expect(connection.ending).toBeUndefined();
    gateway.clock.advance(1);
    expect(connection.ending).toBe('terminate');
    await gateway.client.close();
  });

  it('tells its present state first to whoever asks late', async () => {
    const gateway = createFakeGateway();
    gateway.client.subscribe('blocks');
    gateway.connection.welcome('c1');
    gateway.connection.acknowledge();
    const statuses = gateway.client.status();
    expect((await statuses.next()).value).toMatchObject({
      state: 'connected',
      chain: 'regtest',
      simulated: true,
    });
    expect((await statuses.next()).value).toEqual({ state: 'live', topic: 'blocks' });
    await statuses.return?.();
    expect(await statuses.next()).toEqual({ done: true, value: undefined });
    await gateway.client.close();
    expect(await all(gateway.client.status())).toEqual([{ state: 'closed', error: undefined }]);
  });

  it('keeps the newest statuses for a consumer that does not take them', async () => {
    const gateway = createFakeGateway({ random: () => 0 });
    const statuses = gateway.client.status();
    for (let index = 0; index < 200; index += 1) {
      gateway.connection.end({});
      gateway.clock.advance(0);
    }
    await gateway.client.close();
    const taken = await all(statuses);
    expect(taken).toHaveLength(256);
    expect(taken.at(-1)).toEqual({ state: 'closed', error: undefined });
    expect(gateway.client.stats().droppedStatuses).toBe(402 - 256);
  });

  it('ends everything at once when it is closed, and leaves no timer', async () => {
    const gateway = createFakeGateway();
    const blocks = gateway.client.subscribe('blocks');
    const waiting = gateway.client.subscribe('assets').next();
    gateway.connection.welcome('c1');
    for (const { id } of gateway.connection.sent) {
      gateway.connection.say({ type: 'subscription', id, status: 'success' });
    }
    gateway.connection.event('block', 'blocks', 'c2');
    const call = gateway.client.call('getblockcount');
    const closed = gateway.client.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await blocks.next()).toEqual({ done: true, value: undefined });
    await expect(call).rejects.toMatchObject({ code: 'GW_ERR_CLIENT_CLOSED' });
    await closed;
    await gateway.client.close();
    await gateway.client.drain();
    expect(gateway.clock.timers).toBe(0);
    expect(gateway.client.stats()).toMatchObject({ queuedEvents: 0, pendingCalls: 0, subscriptions: 0 });
  });

  it('drained, delivers what has arrived and the answers to its calls, and then ends', async () => {
    const gateway = createFakeGateway();
    const blocks = gateway.client.subscribe('blocks');
    gateway.connection.welcome('c1');
    gateway.connection.acknowledge();
    gateway.connection.event('block', 'blocks', 'c2');
    const call = gateway.client.call('getblockcount');
    const { id } = gateway.connection.last;
    let isDrained = false;
    const drained = gateway.client.drain().then(() => (isDrained = true));
    gateway.connection.event('block', 'blocks', 'c3');
    await expect(gateway.client.call('uptime')).rejects.toMatchObject({ code: 'GW_ERR_CLIENT_CLOSED' });
    expect(gateway.connection.ending).toBeUndefined();
    gateway.connection.say({ type: 'response', id, data: 7 });
    expect(await call).toBe(7);
    expect(gateway.connection.ending).toBe('close');
    expect(isDrained).toBe(false);
    expect((await blocks.next()).value).toMatchObject({ cursor: 'c2' });
    expect(await blocks.next()).toEqual({ done: true, value: undefined });
    await drained;
    expect(gateway.clock.timers).toBe(0);
  });

  it('drained while there is no connection ends when all was taken', async () => {
    const gateway = createFakeGateway();
    const blocks = gateway.client.subscribe('blocks');
    const call = gateway.client.call('getblockcount');
    gateway.connection.end({});
    const drained = gateway.client.drain();
    await expect(call).rejects.toMatchObject({ code: 'GW_ERR_CLIENT_CLOSED' });
    await drained;
    expect(await blocks.next()).toEqual({ done: true, value: undefined });
    expect(gateway.clock.timers).toBe(0);
  });

  it('takes only addresses of WebSockets, or those of the web for them', () => {
    for (const url of ['', 'gateway', 'ftp://host', 'file:///etc']) {
      expect(() => connect(url)).toThrow(expect.objectContaining({ code: 'GW_ERR_INVALID_ARGUMENT' }));
    }
  });
});
