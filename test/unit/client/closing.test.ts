import { describe, expect, it } from 'vitest';
import { createFakeGateway } from './fakeGateway.js';

describe('a client whose gateway shuts down', () => {
  it('comes back after the time that it was told, and after its own waits when that was in vain', async () => {
    const gateway = createFakeGateway();
    gateway.connection.welcome();
    gateway.clock.advance(10_000);
    const statuses = gateway.client.status();
    gateway.connection.say({
      type: 'closing',
      data: { code: 1001, message: 'shutting down', retry_after_ms: 31_870 },
    });
    gateway.connection.end({ code: 1001 });
    await statuses.next();
    expect((await statuses.next()).value).toMatchObject({ state: 'disconnected', retryInMs: 31_870 });
    const before = gateway.connections.length;
    gateway.clock.advance(31_869);
    expect(gateway.connections).toHaveLength(before);
    gateway.clock.advance(1);
    expect(gateway.connections).toHaveLength(before + 1);
    gateway.connection.end({ code: 1006 });
    await statuses.next();
    expect((await statuses.next()).value).toMatchObject({ state: 'disconnected', retryInMs: 500 });
    await gateway.client.close();
  });
});
