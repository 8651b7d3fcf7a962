import { describe, expect, it } from 'vitest';
import { setUpSession } from '../../../support/sessionHarness.js';

describe('a session that is sent a batch', () => {
  it('takes its requests one after the other, and answers them in one message', async () => {
    const { session, connection, rpc, settle } = setUpSession();
    const answers: ((json: string) => void)[] = [];
    rpc.answer = () => new Promise((resolve) => answers.push(resolve));
    session.onText(
      '[{"method":"getblockhash","params":[1],"id":1},{"method":"getblockhash","params":[2],"id":2}]',
    );
    expect(rpc.calls).toHaveLength(1);
    answers[0]?.('"one"');
    await settle();
    expect(rpc.calls).toHaveLength(2);
    expect(connection.written).toHaveLength(1);
    answers[1]?.('"two"');
    await settle();
    expect(connection.written.slice(1)).toEqual([
      '[{"result":"one","error":null,"id":1},{"result":"two","error":null,"id":2}]',
    ]);
  });

  it('carries out notifications, and answers nothing to them or to their mistakes', async () => {
    const { session, connection, rpc, settle } = setUpSession();
    session.onText('[{"jsonrpc":"2.0","method":"getblockcount"},{"jsonrpc":"2.0","method":"nonsense"}]');
    session.onText('{"jsonrpc":"2.0","method":"getbestblockhash"}');
    session.onText('{"jsonrpc":"2.0","method":"subscribe","params":["nothing"]}');
    await settle();
    expect(connection.written).toEqual(['WELCOME']);
    expect(rpc.calls.map(({ method }) => method)).toEqual(['getblockcount', 'getbestblockhash']);
  });

  it('counts a notification as a command in flight until the node has answered, and drops what is too many', async () => {
    const { session, connection, rpc, settle } = setUpSession(1);
    const answers: ((json: string) => void)[] = [];
    rpc.answer = () => new Promise((resolve) => answers.push(resolve));
    session.onText('{"jsonrpc":"2.0","method":"getblockhash","params":[1]}');
    session.onText('{"jsonrpc":"2.0","method":"getblockhash","params":[2]}');
    session.onText('{"jsonrpc":"2.0","method":"getblockhash","params":[3],"id":3}');
    expect(rpc.calls).toHaveLength(1);
    expect(connection.written).toHaveLength(2);
    expect(connection.written[1]).toMatch(/"name":"too_many_commands"\}\},"id":3\}$/);
    answers[0]?.('"one"');
    await settle();
    session.onText('{"jsonrpc":"2.0","method":"getblockhash","params":[4],"id":4}');
    answers[1]?.('"four"');
    await settle();
    expect(connection.written.slice(2)).toEqual(['{"jsonrpc":"2.0","result":"four","id":4}']);
  });

  it('counts as one command, and is refused command by command when there are too many', async () => {
    const { session, connection, rpc, settle } = setUpSession(1);
    const answers: ((json: string) => void)[] = [];
    rpc.answer = () => new Promise((resolve) => answers.push(resolve));
    session.onText('[{"method":"getblockhash","params":[1],"id":1}]');
    session.onText(
      '[{"jsonrpc":"2.0","method":"getblockhash","params":[2],"id":2},{"jsonrpc":"2.0","method":"ping","id":3}]',
    );
    await settle();
    expect(connection.written[1]).toMatch(
      /^\[\{"jsonrpc":"2.0","error":\{"code":-32000,.*"name":"too_many_commands"\}\},"id":2\},\{"jsonrpc":"2.0","result":\{"timestamp":\d+\},"id":3\}\]$/,
    );
    answers[0]?.('1');
    await settle();
    expect(connection.written[2]).toBe('[{"result":1,"error":null,"id":1}]');
  });

  it('says which answers are left out because all together are too long', async () => {
    const { session, connection, rpc, settle } = setUpSession();
    rpc.answer = (method) => Promise.resolve(method === 'getblockcount' ? '7' : `"${'x'.repeat(900)}"`);
    session.onText(
      '[{"method":"getbestblockhash","id":1},{"method":"getbestblockhash","id":2},{"method":"getblockcount","id":3}]',
    );
    await settle();
    expect(JSON.parse(connection.written[1] ?? '')).toMatchObject([
      { id: 1, error: null },
      { id: 2, error: { data: { name: 'answer_too_big' } } },
      { id: 3 },
    ]);
  });

  it('goes on with nothing after its end', async () => {
    const { session, connection, rpc, settle } = setUpSession();
    const answers: ((json: string) => void)[] = [];
    rpc.answer = () => new Promise((resolve) => answers.push(resolve));
    session.onText(
      '[{"method":"getblockhash","params":[1],"id":1},{"method":"getblockhash","params":[2],"id":2}]',
    );
    session.onClosed();
    answers[0]?.('1');
    await settle();
    expect(rpc.calls).toHaveLength(1);
    expect(connection.written).toEqual(['WELCOME']);
  });
});

describe('a session that is spoken to in several dialects', () => {
  it('sends each event once in every dialect in which it was subscribed', () => {
    const { session, connection, log, hub, draft } = setUpSession();
    session.onText('{"jsonrpc":"2.0","method":"subscribe","params":["blocks"],"id":1}');
    session.onText('{"action":"subscribe","topic":"blocks"}');
    session.onText('{"method":"subscribe","params":["mempool"],"id":1}');
    log.append([draft('block', 1)]);
    hub.flush();
    const events = connection.written.slice(4);
    expect(events).toHaveLength(2);
    expect(events).toContainEqual(expect.stringMatching(/^\{"type":"block","topic":"blocks",/));
    expect(events).toContainEqual(
      expect.stringMatching(
        /^\{"jsonrpc":"2.0","method":"block","params":\{"topic":"blocks","cursor":"1\.[^"]*","data":\{"n":1,"pad":""\}\}\}$/,
      ),
    );
    session.onText('{"action":"unsubscribe","topic":"blocks"}');
    log.append([draft('block', 2)]);
    hub.flush();
    expect(connection.written.slice(7)).toEqual([expect.stringContaining('"method":"block"')]);
    expect(hub.stats().subscriptionsByTopic).toMatchObject({ blocks: 1, mempool: 1 });
  });

  it('answers what has no shape in the dialect of the message before it', () => {
    const { session, connection } = setUpSession();
    session.onText('nonsense');
    session.onText('{"method":"nonsense","id":1}');
    session.onText('nonsense');
    session.onBinary();
    expect(connection.written[1]).toContain('{"type":"error","data":{"code":1004,');
    expect(connection.written[3]).toContain('{"result":null,"error":{"code":-32700,');
    expect(connection.written[4]).toContain('{"result":null,"error":{"code":-32600,');
  });

  it('is told where to resume all of its subscriptions when it is closed', () => {
    const { session, connection, log, hub, draft } = setUpSession();
    session.onText('{"method":"subscribe","params":["blocks"],"id":1}');
    log.append([draft('block', 1)]);
    hub.flush();
    session.close(1001, 'shutting down');
    expect(connection.closings[0]?.reason).toContain('cursor=1.00000000.test.1.');
    expect(hub.stats().clients).toBe(0);
  });
});
