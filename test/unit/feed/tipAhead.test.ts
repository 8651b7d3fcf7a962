import { expect, test, vi } from 'vitest';
import { createTipAhead, type TipAhead, type TipAnswer } from '../../../src/feed/tipAhead.js';
import type { NodeReader } from '../../../src/node/nodeReaderTypes.js';

interface Asked {
  readonly hashHex: string;
  readonly txids: readonly string[] | undefined;
  answer(): Promise<void>;
  fail(): Promise<void>;
}

const answerOf = (hashHex: string): TipAnswer => ({ bestHashHex: hashHex, block: undefined, records: [] });

function create(): { readonly ahead: TipAhead; readonly asked: readonly Asked[] } {
  const asked: Asked[] = [];
  const getTipAndBlock: NodeReader['getTipAndBlock'] = (hashHex, txids) =>
    new Promise((resolve, reject) => {
      asked.push({
        hashHex,
        txids,
        async answer() {
          resolve(answerOf(hashHex));
          await settled();
        },
        async fail() {
          reject(new Error('no answer'));
          await settled();
        },
      });
    });
  return { ahead: createTipAhead({ getTipAndBlock } as NodeReader), asked };
}

const settled = (): Promise<void> => vi.waitFor(() => undefined);

test('an answer is given once, to whoever asks for that block', async () => {
  const { ahead, asked } = create();
  ahead.ask('aa', ['t']);
  expect(asked.map(({ hashHex, txids }) => [hashHex, txids])).toEqual([['aa', ['t']]]);
  const taken = ahead.take('aa');
  await asked[0]?.answer();
  expect(await taken).toEqual(answerOf('aa'));
  expect(ahead.take('aa')).toBeUndefined();
});

test('an answer about another block is forgotten', async () => {
  const { ahead, asked } = create();
  ahead.ask('aa', []);
  await asked[0]?.answer();
  expect(ahead.take('bb')).toBeUndefined();
  expect(ahead.take('aa')).toBeUndefined();
});

test('one call is under way at a time, and the next may follow it', async () => {
  const { ahead, asked } = create();
  ahead.ask('aa', []);
  ahead.ask('bb', []);
  expect(asked).toHaveLength(1);
  await asked[0]?.answer();
  ahead.ask('cc', []);
  expect(asked.map(({ hashHex }) => hashHex)).toEqual(['aa', 'cc']);
  expect(ahead.take('cc')).toBeDefined();
});

test('a failure is for whoever waits for it, and for nobody after it', async () => {
  const { ahead, asked } = create();
  ahead.ask('aa', []);
  await asked[0]?.fail();
  expect(ahead.take('aa')).toBeUndefined();
  ahead.ask('aa', []);
  const taken = ahead.take('aa');
  const failed = expect(taken).rejects.toThrow('no answer');
  await asked[1]?.fail();
  await failed;
});
