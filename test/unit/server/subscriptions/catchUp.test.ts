import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Archive } from '../../../../src/feed/archive.js';
import { createEventLog } from '../../../../src/feed/eventLog.js';
import type { ReplayStep } from '../../../../src/feed/replayTypes.js';
import { parseFrom } from '../../../../src/protocol/parseFrom.js';
import type { Topic } from '../../../../src/protocol/topics.js';
import {
  startCatchUp,
  type CatchUp,
  type CatchUpListener,
} from '../../../../src/server/subscriptions/catchUp.js';

const TIP = { height: 9, hashHex: 'ab'.repeat(32) };
const OLD_CURSOR = `1.01234567.other.41.9.${TIP.hashHex}.ma0`;

/** What an archive has to tell, one step after the other. */
function archiveOf(steps: () => AsyncGenerator<ReplayStep, never>): Archive {
  return {
    bytes: 0,
    reading: 0,
    forgetTxIndex: () => undefined,
    replay: steps,
    present: () => ({ seq: 5, tip: TIP }),
    // It never gets to the end of its mempool.
    async *snapshot() {
      await new Promise(() => undefined);
      yield [];
    },
  };
}

function start(archive: Archive, topics: readonly Topic[], listener: Partial<CatchUpListener>): CatchUp {
  const encode = (): { chainId: string; epoch: string } => ({ chainId: '01234567', epoch: 'own' });
  const log = createEventLog({
    epoch: 'own',
    maxEvents: 10,
    maxBytes: 10_000,
    chainId: () => '01234567',
    onListenerError: () => undefined,
  });
  const ignored: CatchUpListener = {
    onEvents: () => undefined,
    onProgress: () => undefined,
    onGap: () => undefined,
    onLogReached: () => true,
    onFailed: () => undefined,
    room: () => Promise.resolve(),
    needsTransactions: false,
  };
  return startCatchUp(
    parseFrom(JSON.stringify(OLD_CURSOR)),
    topics,
    { ...ignored, ...listener },
    {
      log,
      archive,
      covers: () => true,
      genesisHash: () => '01234567'.padEnd(64, '0'),
      encode,
      logger: pino({ level: 'silent' }),
      nowMs: () => 0,
      random: () => 0.5,
      sleep: () => Promise.resolve(),
    },
  );
}

test('who was told of a gap goes on from there, and not from where the gap begins', async () => {
  const archive = archiveOf(async function* () {
    await Promise.resolve();
    for (;;) yield { type: 'at_tip', tip: TIP };
  });
  let tell: (cursor: string) => void;
  const told = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const catchUp = start(archive, ['assets'], {
    onGap(_topics, _from, to) {
      tell(to);
    },
  });
  expect(catchUp.resumeCursor()).toBe(OLD_CURSOR);
  expect(await told).toBe(`1.01234567.own.0.9.${TIP.hashHex}.mo0`);
  expect(catchUp.resumeCursor()).toBe(await told);
});

test('who wants it no more hears of no progress either', async () => {
  let goOn: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const archive = archiveOf(async function* () {
    await asked;
    for (;;) yield { type: 'progress', at: TIP, target: TIP };
  });
  const heard: string[] = [];
  const catchUp = start(archive, ['blocks'], {
    onProgress: () => void heard.push('progress'),
    onLogReached: () => heard.push('live') > 0,
  });
  catchUp.drop(['blocks']);
  goOn();
  await catchUp.done;
  expect(heard).toEqual([]);
});
