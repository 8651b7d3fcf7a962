import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createQuietLog, REPEAT_LOG_MS } from '../../../src/node/quietLog.js';
import { RpcMalformedError, RpcUnavailableError } from '../../../src/node/rpcTypes.js';
import { createTroubleLog } from '../../../src/node/troubleLog.js';

describe('createQuietLog', () => {
  it('logs the same failure at most once a minute, others beside it', () => {
    let now = 5;
    const quiet = createQuietLog(() => now);
    expect(quiet.mayLog('a')).toBe(true);
    expect(quiet.mayLog('b')).toBe(true);
    now += REPEAT_LOG_MS - 1;
    expect(quiet.mayLog('a')).toBe(false);
    now += 1;
    expect(quiet.mayLog('a')).toBe(true);
  });

  it('logs the end of a logged failure once, and a good state when none was known before', () => {
    const quiet = createQuietLog(() => 0);
    expect(quiet.ended('fresh')).toBe(true);
    expect(quiet.ended('fresh')).toBe(false);
    quiet.mayLog('a');
    expect(quiet.ended('a')).toBe(true);
    expect(quiet.ended('a')).toBe(false);
    expect(quiet.mayLog('a')).toBe(false);
    expect(quiet.ended('a')).toBe(false);
  });
});

describe('createTroubleLog', () => {
  it('logs each kind of trouble once, its end once, and no trouble of the gateway itself', () => {
    const lines: Record<string, unknown>[] = [];
    const logger = pino(
      {},
      { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) },
    );
    let now = 0;
    const trouble = createTroubleLog(logger, () => now);
    trouble.ended();
    trouble.met(new RpcUnavailableError('queue_full', 'x'), 'queue_full');
    trouble.ended();
    for (let call = 0; call < 3; call += 1) {
      trouble.met(new RpcUnavailableError('unreachable', 'ECONNREFUSED'), 'unreachable');
      trouble.met(new RpcMalformedError('not_json', 'x'), 'not_json');
    }
    now = 1_500;
    trouble.ended();
    trouble.ended();
    expect(
      lines.map((line) => [line['level'], line['msg'], line['reason'] ?? line['outage_ms']]),
    ).toStrictEqual([
      [40, 'the node cannot be asked', 'unreachable'],
      [40, 'the node cannot be asked', 'not_json'],
      [30, 'the node answers again', 1_500],
    ]);
  });
});
