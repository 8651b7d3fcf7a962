import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandomSource } from '../../src/simulator/randomSource.js';
import { exchange } from '../support/raw/exchange.js';
import { createFuzzConversation } from '../support/fuzz/conversation.js';
import { readDocumentedCodes } from '../support/fuzz/documentedCodes.js';
import { createJudge } from '../support/fuzz/judgeAnswers.js';
import { clientText, mayBeQuiet } from '../support/fuzz/messages.js';
import { createRawInputs, type RawInput } from '../support/fuzz/mutateBytes.js';
import { startFuzzTarget, type FuzzTarget } from '../support/fuzz/target.js';

/** Inputs in all: half of them messages, half of them bytes. */
const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 5000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const TELLS = process.env['FUZZ_INPUTS'] !== undefined;

/** Messages of one run: on the socket, but for the last, which go by HTTP. */
const PER_RUN = 25;
const BY_HTTP = 5;
/** Connections of bytes at the same time. */
const LANES = 8;
/** Looks at progress, and things that happen on the chain, in the whole. */
const LOOKS = 100;
/** What may be more in use at the end: chain, mempool and caches of both sides, which have their limits. */
const GROWTH_BYTES = 48 * 1024 * 1024;
const LIMIT_MS = 120_000 + INPUTS * 60;

let target: FuzzTarget;
const judge = createJudge(readDocumentedCodes());
beforeEach(async () => {
  target = await startFuzzTarget();
});
afterEach(() => target.close());

/** Counts inputs; on the way, says so where somebody watches, and lets the chain go on. */
function createProgress(what: string, total: number): (more: number) => Promise<void> {
  let done = 0;
  let looks = 0;
  return async (more) => {
    done += more;
    if (done < ((looks + 1) * total) / LOOKS) return;
    looks += 1;
    await target.live();
    if (TELLS && looks % 5 === 0) process.stdout.write(`${what}: ${done} of ${total} inputs, seed ${SEED}\n`);
  };
}

/** Runs it with a look at memory once it is warm, and at the end. */
async function withoutGrowth(work: (share: number) => Promise<void>): Promise<void> {
  await work(0.2);
  const before = await target.usedBytes();
  await work(0.8);
  expect((await target.usedBytes()) - before).toBeLessThan(GROWTH_BYTES);
  await target.expectUnharmed();
}

const ofHttp = { method: 'POST', headers: { 'content-type': 'application/json' } };
async function post(text: string): Promise<void> {
  const response = await fetch(target.gateway.url.replace('ws:', 'http:'), { ...ofHttp, body: text });
  const answer = await response.text();
  if (response.status === 204) expect([answer, mayBeQuiet(text)]).toEqual(['', true]);
  else expect(judge.message(answer)).toBe('answer');
}

describe('whatever is sent, the answer is a documented one, nothing fails or grows, and others get their events', () => {
  it(
    'as messages of any dialect, over sockets and over HTTP',
    async () => {
      const total = INPUTS / 2;
      const progress = createProgress('messages', total);
      const texts = fc.array(clientText, { minLength: PER_RUN, maxLength: PER_RUN });
      const property = fc.asyncProperty(texts, async (all) => {
        const conversation = createFuzzConversation(target.gateway.url, judge);
        try {
          for (const text of all.slice(BY_HTTP)) await conversation.say(text);
          for (const text of all.slice(0, BY_HTTP)) await post(text);
        } finally {
          await conversation.close();
        }
        await progress(PER_RUN);
      });
      let part = 0;
      await withoutGrowth(async (share) => {
        part += 1;
        await fc.assert(property, {
          seed: SEED + part,
          numRuns: Math.ceil((total * share) / PER_RUN),
        });
      });
    },
    LIMIT_MS,
  );

  it(
    'as bytes, in the place of frames, handshakes and requests',
    async () => {
      const total = INPUTS / 2;
      const progress = createProgress('bytes', total);
      const next = createRawInputs(createRandomSource(SEED), target.port);
      await withoutGrowth(async (share) => {
        let left = Math.ceil(total * share);
        const lane = async (): Promise<void> => {
          while (left > 0) {
            left -= 1;
            await tryBytes(next());
            await progress(1);
          }
        };
        await Promise.all(Array.from({ length: LANES }, lane));
      });
    },
    LIMIT_MS,
  );
});

async function tryBytes(input: RawInput): Promise<void> {
  try {
    judge.connection((await exchange(target.port, input)).bytes);
  } catch (error) {
    const parts = input.map((part) => part.toString('latin1'));
    throw new Error(`seed ${SEED}, input ${JSON.stringify(parts)}`, { cause: error });
  }
}
