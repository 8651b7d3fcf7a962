import { afterEach, describe, expect, it } from 'vitest';
import { expectedMessages } from '../support/expectedMessages.js';
import { expectMessages } from '../support/observedMessages.js';
import type { ObservedMessage } from '../support/observedMessages.js';
import { RECORDING_NAMES, answersOf, resultTextOf } from '../support/recording.js';
import { startReplayHarness } from '../support/replayHarness.js';
import type { ReplayHarness } from '../support/replayHarness.js';

/** Every ZMQ topic that the node publishes. */
const TOPICS = ['hashblock', 'hashtx', 'rawblock', 'rawtx', 'rawmessage'];

/** Ways in which the node's notices reach the gateway; none of them may change what the clients are told. */
const WAYS: readonly (readonly [string, Way])[] = [
  ['with every notice', { withNotices: true, dropTopicsAt: () => [] }],
  ['without ZMQ', { withNotices: false, dropTopicsAt: () => [] }],
  ...TOPICS.map((topic): readonly [string, Way] => [
    `with every notice of ${topic} lost`,
    { withNotices: true, dropTopicsAt: () => [topic] },
  ]),
  ['with every notice of every topic lost', { withNotices: true, dropTopicsAt: () => TOPICS }],
  [
    'with notices lost on the way',
    { withNotices: true, dropTopicsAt: (step) => LOST_TOPICS[step % 4] ?? [] },
  ],
];

interface Way {
  readonly withNotices: boolean;
  readonly dropTopicsAt: (stepIndex: number) => readonly string[];
}

/** Lost at every fourth step each; at the fourth of them nothing is. */
const LOST_TOPICS = [['hashblock'], ['hashtx', 'rawtx'], ['hashblock', 'hashtx', 'rawblock', 'rawtx'], []];

/** Chain and mempool as a client has them that applies the events. */
interface Folded {
  readonly hashes: string[];
  readonly mempool: Set<string>;
}

let harness: ReplayHarness | undefined;

afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

/** Plays the whole recording and compares the events of every step with what the step calls for. */
async function playStepByStep(
  played: ReplayHarness,
  dropTopicsAt: (stepIndex: number) => readonly string[],
  onStep?: (label: string, events: readonly ObservedMessage[]) => void,
): Promise<void> {
  let taken = 0;
  while (!played.node.isAtEnd) {
    const step = await played.node.advance({ dropTopics: dropTopicsAt(played.node.stepIndex + 1) });
    const expected = expectedMessages(played.node.answers, step.index);
    const count = expected.chain.length + expected.mempool.flat().length;
    await played.waitForEvents(taken + count);
    const events = played.events().slice(taken);
    expectMessages(events, expected, `step ${step.index} (${step.label})`);
    taken += events.length;
    onStep?.(step.label, events);
  }
  expect(taken).toBeGreaterThan(0);
}

/** Fails if the gateway, looking at the node again, finds something to tell that it had told. */
async function expectNothingMore(played: ReplayHarness): Promise<void> {
  const { length } = played.events();
  await played.waitForAnotherLook();
  expect(played.events().slice(length), 'events that no step calls for').toEqual([]);
}

/** Applies the events; fails where one does not fit onto what was there. */
function fold(played: ReplayHarness, events: readonly ObservedMessage[]): Folded {
  const { chain } = played.node.answers;
  const hashes = chain
    .walkDown(played.recording.startIndex)
    .map((block) => block.hashHex)
    .reverse();
  const mempool = new Set(chain.stateAfter(played.recording.startIndex).mempool);
  for (const { type, dataText } of events) {
    const data = JSON.parse(dataText) as Readonly<Record<string, string>>;
    if (type === 'block') {
      expect(data['previousblockhash']).toBe(hashes.at(-1));
      hashes.push(data['hash'] ?? '');
    } else if (type === 'block_disconnected') {
      expect(hashes.pop()).toBe(data['hash']);
    } else if (type === 'transaction') {
      if (data['status'] === 'mempool' || data['status'] === 'unconfirmed') mempool.add(data['txid'] ?? '');
      else mempool.delete(data['txid'] ?? '');
    }
  }
  return { hashes, mempool };
}

function expectFinalState(played: ReplayHarness, folded: Folded): void {
  const { node } = played;
  const state = node.answers.chain.stateAfter(node.stepIndex);
  const recorded = node.answers.chain.walkDown(node.stepIndex).map((block) => block.hashHex);
  expect(folded.hashes.at(-1)).toBe(state.tip.hashHex);
  expect(folded.hashes.toReversed()).toEqual(recorded);
  expect([...folded.mempool].sort()).toEqual([...state.mempool].sort());
}

/** What holds for the events of any run: nothing left out, nothing twice, each on its topic. */
function expectSoundEvents(played: ReplayHarness): void {
  const events = played.client.messages.all
    .map(({ json }) => json)
    .filter((json) => json.cursor !== undefined);
  expect(new Set(events.map((event) => event.cursor)).size).toBe(events.length);
  const numbers = played
    .events()
    .filter((event) => event.type === 'sequence')
    .map((event) => (JSON.parse(event.dataText) as { readonly sequence: number }).sequence);
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  expect(numbers.length).toBeGreaterThan(50);
  expect(played.client.messages.all.filter(({ text }) => text.includes('expire_time'))).toEqual([]);
  expect(played.errorLines).toEqual([]);
  expect(played.node.unrecordedCalls).toEqual([]);
}

describe.each(RECORDING_NAMES)('the gateway on the recorded chain %s', (name) => {
  it.each(WAYS)(
    'tells exactly what each step calls for, in order and byte for byte, %s',
    async (_, { withNotices, dropTopicsAt }) => {
      harness = await startReplayHarness(name, { withNotices });
      await playStepByStep(harness, dropTopicsAt);
      await expectNothingMore(harness);
      expectFinalState(harness, fold(harness, harness.events()));
      expectSoundEvents(harness);
    },
    180_000,
  );

  it('tells a chain without a break that ends at the recorded tip, when the steps come faster than it can look', async () => {
    harness = await startReplayHarness(name, { withNotices: true });
    while (!harness.node.isAtEnd) await harness.node.advance();
    await harness.waitForAnotherLook();
    expectFinalState(harness, fold(harness, harness.events()));
    expect(harness.errorLines).toEqual([]);
  });

  it("passes the node's mempool figures on as they were", async () => {
    harness = await startReplayHarness(name, { withNotices: true });
    const answers = harness.recording.steps.flatMap((step) => answersOf(step, 'getmempoolinfo'));
    const recorded = answers.map(resultTextOf);
    await playStepByStep(harness, () => []);
    const played = harness;
    await expect.poll(() => played.mempoolFigures().at(-1)?.dataText).toBe(recorded.at(-1));
    const figures = played.mempoolFigures().map((event) => event.dataText);
    expect(figures.length).toBeGreaterThan(1);
    expect(figures.filter((text) => !recorded.includes(text))).toEqual([]);
  });
});

describe('the gateway on the recorded chain regtest-tour', () => {
  // The other recording has steps that a node does not tell of at all: a mempool that is cleared.
  it('needs nothing but the notices to tell what each step calls for', async () => {
    harness = await startReplayHarness('regtest-tour', { withNotices: true, withPolls: false });
    await playStepByStep(harness, () => []);
    expectFinalState(harness, fold(harness, harness.events()));
    expectSoundEvents(harness);
  });
});

describe('the values of the recorded chain regtest-tour', () => {
  it('reach the client with the digits of the node', async () => {
    harness = await startReplayHarness('regtest-tour', { withNotices: true });
    await playStepByStep(harness, () => []);
    const events = harness.events();
    const count = (type: string, text: string): number =>
      events.filter((event) => event.type === type && event.dataText.includes(text)).length;
    for (const amount of ['9999999998.12345678', '11000000001.87654322', '21000000000.00000000']) {
      // Once in the mempool and once in the block.
      expect(count('transaction', `"amount":${amount}`)).toBe(2);
      expect(count('asset', `"amount":${amount},`)).toBe(2);
      expect(count('asset', `"amount_sats":"${amount.replace('.', '')}"`)).toBe(2);
    }
    const blocks = events.filter((event) => event.type === 'block').length;
    expect(count('block', '"difficulty":4.656542373906925e-10,')).toBe(blocks);
  });

  it('give an asset event for every operation, in the mempool and again in the block', async () => {
    harness = await startReplayHarness('regtest-tour', { withNotices: true });
    const operations = new Map<string, readonly string[]>();
    let inMempool: readonly string[] = [];
    let inBlock: readonly string[] = [];
    await playStepByStep(
      harness,
      () => [],
      (label, events) => {
        const assets = events
          .filter((event) => event.type === 'asset')
          .map((event) => JSON.parse(event.dataText) as Readonly<Record<string, string>>);
        const show = (asset: Readonly<Record<string, string>>): string =>
          [asset['type'], asset['asset_class'], asset['asset']].join(' ');
        const seen = assets.filter((asset) => asset['status'] === 'mempool').map(show);
        if (seen.length > 0) operations.set(label, seen);
        inMempool = [...inMempool, ...seen];
        inBlock = [...inBlock, ...assets.filter((asset) => asset['status'] === 'confirmed').map(show)];
      },
    );
    expect(Object.fromEntries(operations)).toEqual(TOUR_OPERATIONS);
    expect([...inBlock].sort()).toEqual([...inMempool].sort());
  });
});

/** Label of the step → its operations, in output order: written down by hand from what was done. */
const TOUR_OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  'issue root asset': ['new owner LABASSET!', 'new root LABASSET'],
  'issue sub asset, 21e9 units, 8 decimals': [
    'transfer owner LABASSET!',
    'new owner LABASSET/SUB!',
    'new sub LABASSET/SUB',
  ],
  'transfer 9999999998.12345678': ['transfer sub LABASSET/SUB', 'transfer sub LABASSET/SUB'],
  'issue unique': ['transfer owner LABASSET!', 'new unique LABASSET#tag-1', 'new unique LABASSET#tag-2'],
  'issue message channel': ['transfer owner LABASSET!', 'new channel LABASSET~NEWS'],
  reissue: ['transfer owner LABASSET!', 'reissue root LABASSET'],
  transfer: ['transfer root LABASSET', 'transfer root LABASSET'],
  'transfer with message': ['transfer root LABASSET', 'transfer root LABASSET'],
  'send message': ['transfer channel LABASSET~NEWS'],
  qualifier: ['new qualifier #KYC'],
  'tag address': ['transfer qualifier #KYC', 'tag qualifier #KYC', 'transfer qualifier #KYC'],
  'restricted again': [
    'transfer owner LABASSET!',
    'verifier restricted $LABASSET',
    'new restricted $LABASSET',
  ],
  'freeze address': ['transfer owner LABASSET!', 'freeze restricted $LABASSET'],
  'freeze asset': ['transfer owner LABASSET!', 'global_freeze restricted $LABASSET'],
  'unfreeze asset': ['transfer owner LABASSET!', 'global_unfreeze restricted $LABASSET'],
  'unfreeze address': ['transfer owner LABASSET!', 'unfreeze restricted $LABASSET'],
  'sub-qualifier': ['transfer qualifier #KYC', 'new sub_qualifier #KYC/#US'],
  'reissue restricted, new verifier': [
    'verifier restricted $LABASSET',
    'transfer owner LABASSET!',
    'reissue restricted $LABASSET',
  ],
  'untag address': ['transfer qualifier #KYC', 'untag qualifier #KYC'],
};
