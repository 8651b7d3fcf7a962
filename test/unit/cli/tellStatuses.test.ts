import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { tellStatuses } from '../../../src/cli/tellStatuses.js';
import type { ClientStatus } from '../../../src/client/index.js';

const URL = 'ws://h:1/';
const NO_GATEWAY = `no gateway answers at ${URL}: is it running there? (ECONNREFUSED)`;
const MINUTE_MS = 60_000;

const refused: ClientStatus = { state: 'disconnected', code: 1006, reason: 'ECONNREFUSED', retryInMs: 1 };
const connected = { state: 'connected' } as ClientStatus;
const live = { state: 'live', topic: 'blocks' } as ClientStatus;

/** What a person is told of statuses that come at these times, in minutes. */
async function told(
  ...statuses: readonly (readonly [minute: number, status: ClientStatus])[]
): Promise<string[]> {
  let nowMs = 0;
  // eslint-disable-next-line @typescript-eslint/require-await -- the statuses are there
  async function* inTime(): AsyncGenerator<ClientStatus> {
    for (const [minute, status] of statuses) {
      nowMs = minute * MINUTE_MS;
      yield status;
    }
  }
  const stderr = new PassThrough();
  await tellStatuses(inTime(), {
    url: URL,
    topics: ['blocks'],
    stderr,
    nowMs: () => nowMs,
    giveUp(error) {
      throw error;
    },
  });
  return String(stderr.read() ?? '')
    .split('\n')
    .slice(0, -1);
}

describe('a gateway that is not there', () => {
  it('is told at once, and each minute at most for how long', async () => {
    const lines = await told(
      [0, refused],
      [0.5, refused],
      [0.99, refused],
      [1, refused],
      [1.5, refused],
      [3.2, refused],
      [119.9, refused],
      [180, refused],
    );
    expect(lines).toEqual([
      `${NO_GATEWAY}; trying again`,
      `${NO_GATEWAY}; still trying, for 1 min`,
      `${NO_GATEWAY}; still trying, for 3 min`,
      `${NO_GATEWAY}; still trying, for 119 min`,
      `${NO_GATEWAY}; still trying, for 3 h`,
    ]);
  });

  it('is told with each reason, once a minute at most where they take turns', async () => {
    const reset = { ...refused, reason: 'ECONNRESET' };
    const lines = await told([0, refused], [0.1, reset], [0.2, refused], [0.3, reset], [1, refused]);
    expect(lines).toEqual([
      `${NO_GATEWAY}; trying again`,
      `no gateway answers at ${URL}: is it running, or is it wss:// there? (ECONNRESET); trying again`,
      `${NO_GATEWAY}; still trying, for 1 min`,
    ]);
  });

  it('is missed from the end of the connection on, and not any more once it is back', async () => {
    const ended: ClientStatus = { ...refused, code: 1001, reason: '' };
    const lines = await told(
      [0, connected],
      [0, live],
      [10, ended],
      [10.1, refused],
      [12, refused],
      [13, connected],
      [13, live],
      [14, ended],
      [14.1, refused],
    );
    expect(lines).toEqual([
      `connected to ${URL}`,
      'the connection ended (1001); trying again',
      `${NO_GATEWAY}; trying again`,
      `${NO_GATEWAY}; still trying, for 2 min`,
      `connected to ${URL}`,
      'the connection ended (1001); trying again',
      `${NO_GATEWAY}; trying again`,
    ]);
  });
});
