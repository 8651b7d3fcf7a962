import { describe, expect, it } from 'vitest';
import { LOCAL_KEY } from '../../../../src/server/limits/rates.js';
import { setUpSession } from '../../../support/sessionHarness.js';

/** Turns after which who has said nothing is idle. */
const WHOLE = 5;

describe('a session that says nothing', () => {
  it('is closed with 4007 after the whole time, and not before', () => {
    const { session, connection, turns } = setUpSession();
    for (turns.now = 1; turns.now < WHOLE; turns.now += 1) session.closeIfIdle();
    expect(connection.closings).toEqual([]);
    session.closeIfIdle();
    expect(connection.closings).toEqual([
      { code: 4007, reason: 'nothing was said for too long, and nothing is subscribed to' },
    ]);
  });

  it('has the whole time again after each message', () => {
    const { session, connection, turns } = setUpSession();
    turns.now = WHOLE - 1;
    session.onText('{"type":"ping"}');
    turns.now = 2 * WHOLE - 2;
    session.closeIfIdle();
    expect(connection.closings).toEqual([]);
    turns.now += 1;
    session.closeIfIdle();
    expect(connection.closings).toHaveLength(1);
  });

  it('is not idle while it is subscribed, in whatever dialect, and is when that has ended', () => {
    const { session, connection, turns } = setUpSession();
    session.onText('{"jsonrpc":"2.0","method":"subscribe","params":["blocks"],"id":1}');
    turns.now = 10 * WHOLE;
    session.closeIfIdle();
    expect(connection.closings).toEqual([]);
    session.onText('{"jsonrpc":"2.0","method":"unsubscribe","params":["blocks"],"id":2}');
    turns.now += WHOLE;
    session.closeIfIdle();
    expect(connection.closings).toMatchObject([{ code: 4007 }]);
  });

  it('is not idle while it waits for an answer', async () => {
    const { session, connection, turns, rpc, settle } = setUpSession();
    let answer: (json: string) => void = () => undefined;
    rpc.answer = () => new Promise((resolve) => (answer = resolve));
    session.onText('{"command":"getblockcount","params":[],"id":1}');
    turns.now = WHOLE;
    session.closeIfIdle();
    expect(connection.closings).toEqual([]);
    answer('1');
    await settle();
    session.closeIfIdle();
    expect(connection.closings).toMatchObject([{ code: 4007 }]);
  });

  it('may be a program of the same machine for ever', () => {
    const { session, connection, turns } = setUpSession(2, {}, LOCAL_KEY);
    turns.now = 100 * WHOLE;
    session.closeIfIdle();
    expect(connection.closings).toEqual([]);
  });
});

describe('a session that is closed with a long cursor', () => {
  it.each([
    { code: 4003, isWords: true },
    { code: 1011, isWords: false },
  ])('is told words and cursor in a message, for the close frame has room for one ($code)', (each) => {
    const { session, connection, log, hub, draft } = setUpSession();
    session.onText('{"action":"subscribe","topic":"blocks"}');
    log.append([{ ...draft('block', 1), point: { height: 1_234_567, hashHex: 'ab'.repeat(32) } }]);
    hub.flush();
    const words = 'it has ended, and why is said at some length';
    session.close(each.code, words);
    const cursor = log.read(1, 1)?.[0]?.cursor ?? '';
    expect(connection.closings).toEqual([
      { code: each.code, reason: each.isWords ? words : `cursor=${cursor}` },
    ]);
    expect(JSON.parse(connection.written.at(-1) ?? '')).toEqual({
      type: 'closing',
      data: { code: each.code, message: words, cursor },
    });
  });
});
