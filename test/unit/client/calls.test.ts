import { describe, expect, it } from 'vitest';
import { RefusedError } from '../../../src/client/clientErrors.js';
import { createFakeGateway } from './fakeGateway.js';

describe('a call', () => {
  it('gives the result without losing digits, or as asked', async () => {
    const gateway = createFakeGateway();
    gateway.connection.welcome();
    const say = (data: string): void => {
      gateway.connection.say(`{"type":"response","id":"${gateway.connection.last.id}","data":${data}}`);
    };
    const lossless = gateway.client.call('getassetdata', ['A']);
    say('{"amount":21000000000.12345678,"n":9007199254740993}');
    expect(await lossless).toEqual({ amount: '21000000000.12345678', n: 9007199254740993n });
    const raw = gateway.client.call('getassetdata', ['A'], { numbers: 'raw' });
    say('{"amount":1.00000000}');
    expect(await raw).toBe('{"amount":1.00000000}');
    await gateway.client.close();
  });

  it('sends params as they are, and refuses what has no JSON', async () => {
    const gateway = createFakeGateway();
    gateway.connection.welcome();
    const sent: string[] = [];
    gateway.connection.sent.push = (...requests) => sent.push(JSON.stringify(requests));
    const call = gateway.client.call('x', [1, 'a"', null, { b: [true], c: undefined }]);
    expect(sent[0]).toContain('"params":[1,"a\\"",null,{"b":[true]}]');
    const circle: unknown[] = [];
    circle.push(circle);
    for (const wrong of [NaN, undefined, () => 1, Symbol('s'), circle]) {
      await expect(gateway.client.call('x', [wrong])).rejects.toMatchObject({
        code: 'GW_ERR_INVALID_ARGUMENT',
      });
    }
    await gateway.client.close();
    await expect(call).rejects.toMatchObject({ code: 'GW_ERR_CLIENT_CLOSED' });
  });

  it('rejects with the code and the words of who refused', async () => {
    const gateway = createFakeGateway();
    gateway.connection.welcome();
    const call = gateway.client.call('getblockhash', [999_999]);
    const { id } = gateway.connection.last;
    gateway.connection.say({
      type: 'error',
      id,
      command: 'getblockhash',
      data: { code: -8, message: 'out of range' },
    });
    const error = await call.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({
      code: 'GW_ERR_CALL_REFUSED',
      errorCode: -8,
      errorMessage: 'out of range',
      command: 'getblockhash',
      retryable: false,
    });
    await gateway.client.close();
  });

  it('waits for the connection, and is lost with the one that it was sent on', async () => {
    const gateway = createFakeGateway();
    const early = gateway.client.call('uptime');
    gateway.connection.welcome();
    gateway.connection.say({ type: 'response', id: gateway.connection.last.id, data: 3 });
    expect(await early).toBe(3);
    const lost = gateway.client.call('uptime');
    gateway.connection.end({});
    await expect(lost).rejects.toMatchObject({ code: 'GW_ERR_CONNECTION_LOST', retryable: true });
    await gateway.client.close();
  });

  it('has a deadline, whether it was sent or not, and its slot is taken until the answer comes', async () => {
    const gateway = createFakeGateway();
    const unsent = gateway.client.call('uptime', [], { deadlineMs: 1000 });
    gateway.clock.advance(1000);
    await expect(unsent).rejects.toMatchObject({ code: 'GW_ERR_DEADLINE', retryable: true });
    gateway.connection.welcome(undefined, { max_commands_in_flight: 1 });
    const sent = gateway.client.call('first', [], { deadlineMs: 1000 });
    const { id } = gateway.connection.last;
    gateway.clock.advance(1000);
    await expect(sent).rejects.toMatchObject({ code: 'GW_ERR_DEADLINE' });
    const second = gateway.client.call('second');
    expect(gateway.connection.last.command).toBe('first');
    gateway.connection.say({ type: 'response', id, data: 1 });
    expect(gateway.connection.last.command).toBe('second');
    gateway.connection.say({ type: 'response', id: gateway.connection.last.id, data: 2 });
    expect(await second).toBe(2);
    await gateway.client.close();
  });

  it('waits for its turn among those that the gateway takes at a time, up to a limit', async () => {
    const gateway = createFakeGateway({ maxWaitingCalls: 2 });
    gateway.connection.welcome(undefined, { max_commands_in_flight: 2 });
    const calls = ['a', 'b', 'c', 'd'].map((name) => gateway.client.call(name));
    await expect(gateway.client.call('e')).rejects.toMatchObject({ code: 'GW_ERR_TOO_MANY_CALLS' });
    for (const expected of ['a', 'b', 'c', 'd']) {
      const request = gateway.connection.sent.find(({ command }) => command === expected);
      gateway.connection.say({ type: 'response', id: request?.id, data: expected });
    }
    expect(await Promise.all(calls)).toEqual(['a', 'b', 'c', 'd']);
    expect(gateway.client.stats().pendingCalls).toBe(0);
    await gateway.client.close();
  });

  it('is not sent when the gateway would close the connection for its length', async () => {
    const gateway = createFakeGateway();
    gateway.connection.welcome(undefined, { max_message_bytes: 1000 });
    await expect(gateway.client.call('x', ['y'.repeat(1001)])).rejects.toMatchObject({
      code: 'GW_ERR_INVALID_ARGUMENT',
    });
    expect(gateway.connection.sent).toEqual([]);
    await gateway.client.close();
  });
});
