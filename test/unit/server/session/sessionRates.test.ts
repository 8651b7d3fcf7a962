import { describe, expect, it } from 'vitest';
import { setUpSession } from '../../../support/sessionHarness.js';

const PING = '{"type":"ping"}';

describe('a session whose address is too fast', () => {
  it('answers what is over the limit with 1064 and a time, in the dialect of the message, and does not do it', async () => {
    const { session, connection, settle, hub, refusals } = setUpSession(2, { messagesPerSecond: 0.1 });
    session.onText(PING);
    session.onText('{"action":"subscribe","topic":"blocks","id":1}');
    session.onText('{"jsonrpc":"2.0","method":"getblockcount","id":2}');
    session.onText('{"jsonrpc":"2.0","method":"getblockcount"}');
    session.onText('{"type":"get_status","id":3}');
    await settle();
    const [, pong, native, jsonRpc, zion, ...others] = connection.written.map((text) =>
      text === 'WELCOME' ? text : (JSON.parse(text) as unknown),
    );
    expect(pong).toMatchObject({ type: 'pong' });
    const retry_after_ms = expect.any(Number) as number;
    expect(native).toMatchObject({ type: 'error', id: 1, data: { code: 1064, retry_after_ms } });
    expect(jsonRpc).toMatchObject({
      id: 2,
      error: { code: -32000, data: { code: 1064, name: 'rate_limited', retry_after_ms } },
    });
    expect(zion).toMatchObject({ type: 'error', id: 3, code: 1064, data: { retry_after_ms } });
    expect(others).toEqual([]);
    expect(hub.stats().subscriptionsByTopic.blocks).toBe(0);
    expect(refusals.counts().rate_limited).toBe(4);
  });

  it('asks the node for nothing that costs more than is left', async () => {
    const { session, connection, settle, rpc } = setUpSession(2, { costPerSecond: 1.5 });
    const hash = 'ab'.repeat(32);
    session.onText(`{"command":"getblock","params":["${hash}"],"id":1}`);
    session.onText(`{"command":"getblock","params":["${hash}"],"id":2}`);
    await settle();
    expect(rpc.calls).toHaveLength(1);
    expect(connection.written.at(-1)).toContain('"id":1,');
    expect(connection.written[1]).toContain('"id":2,');
    expect(connection.written[1]).toContain('"code":1064,"message":"more work was asked for');
  });

  it('counts each request of a batch, and answers those that are over the limit each with its id', async () => {
    const { session, connection, settle } = setUpSession(2, { messagesPerSecond: 0.2 });
    const item = (id: number): string => `{"jsonrpc":"2.0","method":"ping","id":${id}}`;
    session.onText(`[${item(1)},${item(2)},${item(3)}]`);
    await settle();
    expect(JSON.parse(connection.written[1] ?? '')).toMatchObject([
      { id: 1, result: {} },
      { id: 2, result: {} },
      { id: 3, error: { data: { name: 'rate_limited' } } },
    ]);
  });

  it('is closed with 4030 and the time when it goes on', async () => {
    const { session, connection, settle } = setUpSession(2, { messagesPerSecond: 0.1 });
    for (let n = 0; n < 200; n += 1) session.onText('{"action":"subscribe","topic":"nothing"}');
    await settle();
    expect(connection.closings).toEqual([
      { code: 4030, reason: expect.stringContaining('try again in') as string },
    ]);
    const last = connection.written.at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({
      type: 'closing',
      data: { code: 4030, retry_after_ms: expect.any(Number) as number },
    });
    // The first was no rate: there is no such topic. It counts as a bad message as well.
    expect(connection.written.filter((text) => text.includes('"code":1064'))).toHaveLength(100);
  });

  it('keeps the order of messages that are taken', async () => {
    const { session, connection, settle } = setUpSession(2, { messagesPerSecond: 10 });
    for (let id = 0; id < 50; id += 1) session.onText(`{"type":"ping","id":${id}}`);
    await settle();
    const ids = connection.written.slice(1).map((text) => (JSON.parse(text) as { id: number }).id);
    expect(ids).toEqual(Array.from({ length: 50 }, (_, id) => id));
  });
});
