import { describe, expect, it } from 'vitest';
import { draft } from '../../../support/serverHarness.js';
import { setUpSession as setUp } from '../../../support/sessionHarness.js';

describe('a session', () => {
  it('begins with the welcome', () => {
    expect(setUp().connection.written).toEqual(['WELCOME']);
  });

  it('repeats the id of a question with every digit', () => {
    const { session, connection } = setUp();
    session.onText('{"action":"subscribe","topic":"blocks","id":12345678901234567890.000}');
    session.onText('{"action":"nosuch","id":{"a":[1.50]}}');
    expect(connection.written[1]).toContain('"id":12345678901234567890.000,');
    expect(connection.written[2]).toContain('"id":{"a":[1.50]},');
  });

  it('does not subscribe with a filter that it cannot read', () => {
    const { session, connection, hub } = setUp();
    session.onText('{"action":"subscribe","topic":"blocks","filter":{}}');
    expect(connection.written[1]).toContain('"code":1007,"message":"\\"filter\\" is empty');
    expect(hub.stats().subscriptionsByTopic.blocks).toBe(0);
  });

  it('subscribes to every topic of a word, and a second time to nothing more', () => {
    const { session, connection, hub } = setUp();
    session.onText('{"action":"subscribe","topic":"all"}');
    session.onText('{"action":"subscribe","topic":"block"}');
    expect(Object.values(hub.stats().subscriptionsByTopic)).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
    expect(connection.written[2]).toContain('"topic":"block"');
    session.onText('{"action":"unsubscribe","topic":"all"}');
    session.onText('{"action":"unsubscribe","topic":"block"}');
    expect(connection.written[3]).toContain('"status":"success"');
    expect(connection.written[4]).toContain('"code":1002,');
  });

  it('answers commands without an id in the order in which they were asked', async () => {
    const { session, connection, rpc, settle } = setUp();
    const answers: ((json: string) => void)[] = [];
    rpc.answer = () => new Promise((resolve) => answers.push(resolve));
    session.onText('{"command":"getblockhash","params":[1]}');
    session.onText('{"command":"getblockhash","params":[2]}');
    answers[1]?.('"two"');
    await settle();
    expect(connection.written).toHaveLength(1);
    answers[0]?.('"one"');
    await settle();
    expect(connection.written.slice(1).map((text) => text.slice(-6))).toEqual(['"one"}', '"two"}']);
  });

  it('answers a command with an id as soon as its answer is there', async () => {
    const { session, connection, rpc, settle } = setUp();
    const answers: ((json: string) => void)[] = [];
    rpc.answer = () => new Promise((resolve) => answers.push(resolve));
    session.onText('{"command":"getblockhash","params":[1],"id":1}');
    session.onText('{"command":"getblockhash","params":[2],"id":2}');
    answers[1]?.('"two"');
    await settle();
    expect(connection.written[1]).toContain('"id":2,"data":"two"');
    answers[0]?.('"one"');
    await settle();
    expect(connection.written[2]).toContain('"id":1,"data":"one"');
  });

  it('refuses more commands at a time than allowed, and takes them again when one was answered', async () => {
    const { session, connection, rpc, settle } = setUp(2);
    const answers: ((json: string) => void)[] = [];
    rpc.answer = () => new Promise((resolve) => answers.push(resolve));
    for (const height of [1, 2, 3])
      session.onText(`{"command":"getblockhash","params":[${height}],"id":${height}}`);
    expect(connection.written[1]).toMatch(/"id":3,.*"code":1017,/);
    answers[0]?.('1');
    await settle();
    session.onText('{"command":"getblockhash","params":[4],"id":4}');
    expect(rpc.calls).toHaveLength(3);
  });

  it('closes after too many bad messages, and says where to resume', () => {
    const { session, connection, log, hub } = setUp();
    session.onText('{"action":"subscribe","topic":"blocks"}');
    log.append([draft('block', 1)]);
    hub.flush();
    for (let n = 0; n < 100; n += 1) session.onText('nonsense');
    expect(connection.closings).toEqual([]);
    session.onBinary();
    expect(connection.closings).toHaveLength(1);
    expect(connection.closings[0]?.code).toBe(4029);
    // There is no room for the cursor beside the words: it stands in the message before.
    expect(connection.closings[0]?.reason).toBe('more than 100 bad messages in 10 s');
    const closing = JSON.parse(connection.written.at(-1) ?? '') as { type: string; data: { cursor: string } };
    expect(closing.type).toBe('closing');
    expect(closing.data.cursor).toMatch(/^1\.00000000\.test\.1\./);
    const answered = connection.written.length;
    session.onText('nonsense');
    session.onText('{"command":"getblockcount","params":[]}');
    expect(connection.written).toHaveLength(answered);
    expect(hub.stats().clients).toBe(0);
  });

  it('forgives bad messages that come slowly', () => {
    const { session, connection, clock } = setUp();
    for (let n = 0; n < 1000; n += 1) {
      clock.nowMs += 200;
      session.onText('nonsense');
    }
    expect(connection.closings).toEqual([]);
  });

  it('sends no answer after its end', async () => {
    const { session, connection, rpc, settle } = setUp();
    let answer: (json: string) => void = () => undefined;
    rpc.answer = () => new Promise((resolve) => (answer = resolve));
    session.onText('{"command":"getblockcount","params":[]}');
    session.close(1001, 'shutting down');
    session.close(1011, 'again');
    answer('1');
    await settle();
    expect(connection.written).toEqual(['WELCOME']);
    expect(connection.closings).toEqual([{ code: 1001, reason: 'shutting down' }]);
  });

  it('closes a stalled connection as too slow', () => {
    const { session, connection } = setUp();
    session.onStalled();
    expect(connection.closings[0]?.code).toBe(4008);
  });
});
