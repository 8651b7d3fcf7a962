import { pino } from 'pino';
import { assetOperations } from '../../../src/chain/assetOperations.js';
import { readPeers } from '../../../src/chain/peerChanges.js';
import type { DecodedTransaction } from '../../../src/chain/decodedTransaction.js';
import { SETTINGS } from '../../../src/config/settings.js';
import { defineTopic } from '../../../src/extensions/defineTopic.js';
import { createEventLog } from '../../../src/feed/eventLog.js';
import { createTopicMapper } from '../../../src/extensions/topicMapper.js';
import {
  draftAssets,
  draftBlock,
  draftFinal,
  draftGoneTransaction,
  draftMempoolInfo,
  draftMining,
  draftPeer,
  draftReorg,
  draftSequence,
  draftTransaction,
} from '../../../src/feed/drafts.js';
import type { EventDraft } from '../../../src/feed/eventLogTypes.js';
import { readNodeJson } from '../../../src/node/nodeJson.js';
import { CLOSE_CODES } from '../../../src/protocol/codes.js';
import { formatCursor, parseCursor } from '../../../src/protocol/cursor.js';
import type { ChainPoint } from '../../../src/protocol/events.js';
import { parseFrom, type From } from '../../../src/protocol/parseFrom.js';
import { parseRequest } from '../../support/parseRequest.js';
import {
  eventPrefix,
  MESSAGE_SUFFIX,
  printAcknowledgement,
  printAuthenticated,
  printCatchingUp,
  printClosing,
  printError,
  printGap,
  printSkipped,
  printLive,
  printSubscriptionError,
  printWelcome,
  responsePrefix,
  type ConnectionLimits,
} from '../../../src/protocol/printMessages.js';
import { EVENT_TOPICS } from '../../../src/protocol/events.js';
import type { Request } from '../../../src/protocol/request.js';
import { parseTopic, TOPIC_NAMES } from '../../../src/protocol/topics.js';
import { decideOrigin } from '../../../src/server/access/decideOrigin.js';
import { printRefusal } from '../../../src/server/access/refusal.js';
import {
  createSubscriptionFilters,
  type FilterChange,
} from '../../../src/server/filters/subscriptionFilters.js';
import { rateWords } from '../../../src/server/limits/rates.js';
import { createForm, createView } from '../../../src/server/hub/view.js';
import { newKnownOutputs } from '../../support/filterEvents.js';
import { requestFacts } from '../../support/requestFacts.js';
import { createRecordedAnswers } from '../../support/recordedAnswers.js';
import { answersOf, readRecording } from '../../support/recording.js';

/** The limits that a connection of a gateway with default settings is told. */
export const DEFAULT_LIMITS: ConnectionLimits = {
  max_message_bytes: SETTINGS.maxMessageBytes.default,
  max_depth: SETTINGS.maxDepth.default,
  max_batch: SETTINGS.maxBatch.default,
  max_commands_in_flight: SETTINGS.maxCommandsInFlight.default,
  command_deadline_ms: SETTINGS.commandDeadlineMs.default,
  max_answer_bytes: SETTINGS.maxAnswerBytes.default,
  max_buffered_bytes: SETTINGS.maxBufferedBytes.default,
  slow_timeout_ms: SETTINGS.slowTimeoutMs.default,
  ping_interval_ms: SETTINGS.pingIntervalMs.default,
  ping_timeout_ms: SETTINGS.pingTimeoutMs.default,
  idle_timeout_ms: SETTINGS.idleTimeoutMs.default,
  max_subscriptions: SETTINGS.maxSubscriptions.default,
  max_replays: SETTINGS.maxReplaysPerClient.default,
  max_filter_keys: SETTINGS.maxFilterKeys.default,
  max_bad_messages: SETTINGS.maxBadMessages.default,
  bad_message_window_ms: SETTINGS.badMessageWindowMs.default,
  messages_per_second: SETTINGS.messagesPerSecond.default,
  cost_per_second: SETTINGS.costPerSecond.default,
  rate_window_ms: SETTINGS.rateWindowMs.default,
  max_clients_per_address: SETTINGS.maxClientsPerAddress.default,
  max_offences: SETTINGS.maxOffences.default,
  offence_window_ms: SETTINGS.offenceWindowMs.default,
};

/** Every client example of PROTOCOL.md by name, and what it must be read as. */
export const CLIENT_EXAMPLES: Readonly<Record<string, Partial<Request>>> = {
  'client authenticate': {
    type: 'authenticate',
    token: 'egw_8Ccf3fN0jGmTnWqkVZbcPz3pYJ0iX5lRk1tD9sQ2uHo',
    idJson: '1',
  },
  'client subscribe': { type: 'subscribe', topicName: 'blocks', topics: ['blocks'] },
  'client subscribe with id': {
    type: 'subscribe',
    topicName: 'asset',
    topics: ['assets'],
    idJson: '"wallet-7"',
  },
  'client subscribe on slow': { type: 'subscribe', topicName: 'mempool', onSlow: 'latest' },
  'client subscribe from a cursor': {
    type: 'subscribe',
    topicName: 'blocks',
    topics: ['blocks'],
    idJson: '"my-blocks"',
  },
  'client subscribe from a height': { type: 'subscribe', topicName: 'all', topics: parseTopic('all') ?? [] },
  'client subscribe from genesis': { type: 'subscribe', topicName: 'assets', topics: ['assets'] },
  'client subscribe from a block': {
    type: 'subscribe',
    topicName: 'transactions',
    topics: ['transactions'],
  },
  'client subscribe from a list of blocks': { type: 'subscribe', topicName: 'blocks', topics: ['blocks'] },
  'client subscribe from what is no place': {
    type: 'subscribe',
    topicName: 'blocks',
    topics: ['blocks'],
    idJson: '3',
  },
  'client subscribe with a filter': {
    type: 'subscribe',
    topicName: 'transactions',
    topics: ['transactions'],
    idJson: '"my-wallet"',
  },
  'client update': { type: 'update', topicName: 'transactions', topics: ['transactions'], idJson: '5' },
  'client filter with a mistake': { type: 'subscribe', topicName: 'assets', topics: ['assets'] },
  'client unsubscribe': { type: 'unsubscribe', topicName: 'blocks', topics: ['blocks'] },
  'client command': { type: 'command', command: 'getblockcount', paramsJson: '[]' },
  'client command with id': {
    type: 'command',
    command: 'getblockheader',
    paramsJson: '["5177b521d358ee45b83abbe2597a01511846c1bb3c08c14dc762a4649a7d2fc9"]',
    idJson: '123456789012345678901234567890',
  },
  'client command that the node refuses': {
    type: 'command',
    command: 'getblockhash',
    paramsJson: '[999999]',
    idJson: '8',
  },
  'client unknown topic': { type: 'invalid', error: 'unknown_topic', idJson: '9' },
  'client missing params': { type: 'invalid', error: 'invalid_field' },
};

const BLOCK_432: ChainPoint = {
  height: 432,
  hashHex: '1fb156c532ee1eec25a55ac60840c30060b4c5e954720dcd32fbc0b9afae5c89',
};
const FROM_CURSOR = `1.5177b521.mh5x2k9qa1.41.432.${BLOCK_432.hashHex}.cb0`;

/** Every client example with a `from`, by name, and the place that must be read in it. */
export const FROM_EXAMPLES: Readonly<Record<string, Partial<From>>> = {
  'client subscribe from a cursor': {
    type: 'cursor',
    text: FROM_CURSOR,
    cursor: known(parseCursor(FROM_CURSOR)),
  },
  'client subscribe from a height': { type: 'height', height: 433 },
  'client subscribe from genesis': { type: 'height', height: 0 },
  'client subscribe from a block': { type: 'points', points: [BLOCK_432] },
  'client subscribe from a list of blocks': {
    type: 'points',
    points: [
      { height: 451, hashHex: '6fb235d52a4e8ab75465fd50f5af53ff6c3b0f2fbca06a492e0a992a6551197b' },
      { height: 449, hashHex: '682cc3330a4638ab0f99b82dcc7d233004893753a08ac6aafeec0bf807bf24b9' },
      BLOCK_432,
    ],
  },
  'client subscribe from what is no place': { type: 'invalid' },
};

/** Every server example of PROTOCOL.md by name: the message as it goes over the wire. */
export async function serverExamples(): Promise<Readonly<Record<string, string>>> {
  const { result, bodyOf } = await openTour();
  const block = BLOCK_432;
  const coinbaseTxid = '75af2430adf3ebcba50498d5eefea00491ed966754d31ea6c4dda53530f62442';
  const issueTxid = '1f0ada5b47380816014dc2b528833f6b99d243f745a6a621efb0558b0db0625e';
  const issued = result('confirm', 'getrawtransaction', [issueTxid, 1]);
  const coinbase = result('confirm', 'getrawtransaction', [coinbaseTxid, 1]);
  const transferLabel = 'transfer 9999999998.12345678';
  const transferTxid = 'f63afac009f39d08f8e120dba0d73a09a9806109dbbe276ef88da60f7da9a3ea';
  const transfer = result(transferLabel, 'getrawtransaction', [transferTxid, 1]);
  const [freezeTxid] = JSON.parse(result('freeze asset', 'getrawmempool', [])) as readonly string[];
  const freeze = result('freeze asset', 'getrawtransaction', [freezeTxid, 1]);

  const confirmed = (position: number) => ({ status: 'confirmed', position, block }) as const;
  const at = (point: ChainPoint, stage: EventDraft['stage'], txIndex = 0) =>
    ({ point, stage, txIndex }) as const;
  const tipOf = (label: string): ChainPoint => ({
    height: Number(result(label, 'getblockcount', [])),
    hashHex: String(JSON.parse(result(label, 'getbestblockhash', []))),
  });

  const undone = tipOf('second block to be undone');
  const forkPoint = tipOf('invalidate two blocks (no hashblock is published)');
  const undoneJson = bodyOf('invalidate two blocks (no hashblock is published)', 'getblock', [
    undone.hashHex,
    1,
  ]);

  const refused = decideOrigin(requestFacts({ origin: 'https://a.example' }), { allowOrigins: [] });
  if (refused === undefined) throw new Error('a strange origin is let in');

  return {
    'server refused handshake': printRefusal(refused),
    'server authenticated': printAuthenticated({
      role: 'user',
      expiresAtMs: Date.UTC(2027, 0, 31),
      limits: { messages_per_second: 100, cost_per_second: 500 },
      idJson: '1',
    }),
    'server welcome': printWelcome({
      unixSeconds: 1763712000,
      version: '0.1.0',
      chain: 'regtest',
      simulated: false,
      tip: block,
      topics: TOPIC_NAMES,
      streams: ['network_metrics', 'markets_health', 'receipts', 'peers'],
      limits: DEFAULT_LIMITS,
      cursor: cursorOf({ ...draftSequence(connectStep(block), at(block, 'connect')) }, 46),
    }),
    'server subscribed': printAcknowledgement({
      action: 'subscribe',
      topicName: 'blocks',
      cursor: cursorOf({ ...draftSequence(connectStep(block), at(block, 'connect')) }, 46),
    }),
    'server subscribed with id': printAcknowledgement({
      action: 'subscribe',
      topicName: 'asset',
      idJson: '"wallet-7"',
    }),
    'server subscribed with a filter': printAcknowledgement({
      action: 'subscribe',
      topicName: 'transactions',
      idJson: '"my-wallet"',
      cursor: cursorOf({ ...draftSequence(connectStep(block), at(block, 'connect')) }, 46),
      filter: { keys: 7, filters: 1, inputs: 'spentindex' },
    }),
    'server updated': printAcknowledgement({
      action: 'update',
      topicName: 'transactions',
      idJson: '5',
      filter: { keys: 6, filters: 1, inputs: 'spentindex' },
    }),
    ...filterErrors(),
    'server unsubscribed': printAcknowledgement({ action: 'unsubscribe', topicName: 'blocks' }),
    ...subscriptionExamples(
      cursorOf(draftSequence(connectStep(block), at(block, 'connect')), 46),
      tipOf('issue root asset'),
    ),
    'server response': responsePrefix({ command: 'getblockcount' }) + '432' + MESSAGE_SUFFIX,
    'server response with id':
      responsePrefix({ command: 'getblockheader', idJson: '123456789012345678901234567890' }) +
      result('static', 'getblockheader', [CLIENT_GENESIS]) +
      MESSAGE_SUFFIX,
    "server error of the node's own": nodeError(bodyOf('static', 'getblockhash', [999999])),
    'server unknown topic': errorFor('{"action":"subscribe","topic":"coins","id":9}'),
    'server missing params': errorFor('{"command":"getblockcount"}'),
    'server block': event(
      draftBlock('block', blockRecord(block, result('confirm', 'getblock', [block.hashHex, 1]))),
      41,
    ),
    'server block_disconnected': event(
      draftBlock('block_disconnected', blockRecord(undone, unwrap(undoneJson))),
      203,
    ),
    'server reorg': event(draftReorg({ forkPoint, oldTip: undone, newTip: forkPoint, depth: 2 }), 211),
    'server transaction': event(
      draftTransaction(record(coinbase), confirmed(0), at(block, 'connect', 0)),
      42,
    ),
    'server transaction that is gone': event(
      draftGoneTransaction(
        '54071c30f95c5394fd20810c752b5438432a28eea920b83b22e5bbded730d1fa',
        { status: 'evicted' },
        at(
          { height: 454, hashHex: '20ae6409fed1b7b1da0b1ee76a0bd97b5b03d345f5800564c42836e15fbf86f4' },
          'mempool',
        ),
      ),
      977,
    ),
    'server asset issued': event(
      pick(draftAssets(assetOperations(decode(issued)), confirmed(1), at(block, 'connect', 1)), 1),
      45,
    ),
    'server asset transferred': event(
      pick(
        draftAssets(
          assetOperations(decode(transfer)),
          { status: 'mempool' },
          at(tipOf(transferLabel), 'mempool'),
        ),
        0,
      ),
      62,
    ),
    'server asset frozen': event(
      pick(
        draftAssets(
          assetOperations(decode(freeze)),
          { status: 'mempool' },
          at(tipOf('freeze asset'), 'mempool'),
        ),
        1,
      ),
      150,
    ),
    'server mempool': event(
      draftMempoolInfo(
        Buffer.from(result('issue root asset', 'getmempoolinfo', [])),
        tipOf('issue root asset'),
      ),
      40,
    ),
    'server final': event(
      pick(
        draftFinal(
          { ...block, txids: [coinbaseTxid, issueTxid] },
          {
            height: block.height + SETTINGS.finalDepth.default - 1,
            hashHex: '0cf3d550b1b4ed6a9f30a8c8e93b113fdd795ea4f31dc158699a2b710157ab06',
          },
        ),
        1,
      ),
      9120,
    ),
    'server peer': event(
      draftPeer(
        {
          status: 'changed',
          peer: readPeers(`[${EXAMPLE_PEER}]`)?.[0] ?? new Map(),
          changed: ['banscore'],
        },
        8,
        BLOCK_432,
      ),
      47,
    ),
    'server mining': event(
      draftMining(Buffer.from(result('static at the end', 'getmininginfo', [])), BLOCK_432),
      48,
    ),
    'server unmapped': await unmappedEvent(
      draftBlock('block', blockRecord(block, result('confirm', 'getblock', [block.hashHex, 1]))),
    ),
    'server sequence': event(draftSequence(connectStep(block), at(block, 'connect')), 46),
  };
}

/** What a subscription from the past is told besides events. */
function subscriptionExamples(liveCursor: string, tipBefore: ChainPoint): Readonly<Record<string, string>> {
  const named = { topicName: 'blocks', idJson: '"my-blocks"' };
  const place = { chainId: '5177b521', epoch: 'mh5x2k9qa1', seq: 0, txIndex: 0, assetIndex: 0 } as const;
  const malformed = parseFrom('"yesterday"');
  return {
    'server malformed cursor': printError({
      code: 'cursor_malformed',
      message: malformed.type === 'invalid' ? malformed.message : '',
      idJson: '3',
    }),
    'server subscription ended': printSubscriptionError(named, {
      code: 'history_unavailable',
      message: 'the node does not have block 433 (any more): it prunes old blocks. Start from a newer one',
      cursor: formatCursor({ ...place, point: BLOCK_432, stage: 'connect', part: 'block' }),
    }),
    'server live': printLive(named, liveCursor),
    'server catching up': printCatchingUp({ topicName: 'all' }, BLOCK_432, { ...BLOCK_432, height: 1451 }),
    'server skipped': printSkipped({
      topic: 'mempool',
      policy: 'drop',
      fromCursor: formatCursor({ ...place, point: BLOCK_432, stage: 'mempool', part: 'other' }),
      toCursor: liveCursor,
      count: 41,
      isWhole: true,
    }),
    'server rate limited': printError({
      code: 'rate_limited',
      message: rateWords({ type: 'too_fast', unit: 'messages', retryAfterMs: 4210 }),
      retryAfterMs: 4210,
      idJson: '7',
    }),
    'server closing': printClosing({
      code: CLOSE_CODES.going_away,
      message: 'shutting down',
      retryAfterMs: 3187,
      cursor: formatCursor({
        ...place,
        epoch: 'kx81c0a2qd',
        seq: 977,
        point: tipBefore,
        stage: 'mempool',
        part: 'transaction',
      }),
    }),
    'server gap': printGap(
      'transactions',
      formatCursor({
        ...place,
        epoch: 'kx81c0a2qd',
        seq: 977,
        point: tipBefore,
        stage: 'mempool',
        part: 'transaction',
      }),
      formatCursor({ ...place, point: BLOCK_432, stage: 'mempool', part: 'other' }),
    ),
  };
}

/** A peer as the node prints it; the recorded node had none. */
const EXAMPLE_PEER =
  '{"id":3,"addr":"203.0.113.4:8820","addrlocal":"192.0.2.1:8820","services":"000000000000000d","relaytxes":true,' +
  '"lastsend":1763712000,"conntime":1763711970,"version":70029,"subver":"/Evrmore:1.0.5/","inbound":true,"addnode":false,' +
  '"startingheight":431,"banscore":20,"synced_headers":432,"whitelisted":false}';

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the example cannot be read');
  return value;
}

const CLIENT_GENESIS = '5177b521d358ee45b83abbe2597a01511846c1bb3c08c14dc762a4649a7d2fc9';

function connectStep(block: ChainPoint): Parameters<typeof draftSequence>[0] {
  return { label: 'C', hashHex: block.hashHex, sequence: 17 };
}

/** A recorded real chain: what the node answered, by the label of the (first) step. */
async function openTour(): Promise<{
  readonly result: (label: string, method: string, params: readonly unknown[]) => string;
  readonly bodyOf: (label: string, method: string, params: readonly unknown[]) => string;
}> {
  const recording = await readRecording('regtest-tour');
  const answers = createRecordedAnswers(recording);
  const bodyOf = (label: string, method: string, params: readonly unknown[]): string => {
    const step = recording.steps.find((candidate) => candidate.label === label);
    if (step === undefined) throw new Error(`no step ${label}`);
    const recorded = answersOf(step, method).find(
      (one) => JSON.stringify(one.params) === JSON.stringify(params),
    );
    if (recorded !== undefined) return recorded.body;
    const answer = answers.answer(step.index, method, params);
    if (answer.unrecorded) throw new Error(`no answer to ${method} after ${label}`);
    return answer.body;
  };
  return { bodyOf, result: (label, method, params) => unwrap(bodyOf(label, method, params)) };
}

function unwrap(body: string): string {
  return body.slice('{"result":'.length, body.lastIndexOf(',"error":'));
}

function decode(json: string): DecodedTransaction {
  return readNodeJson(Buffer.from(json)) as DecodedTransaction;
}

function record(json: string): Parameters<typeof draftTransaction>[0] {
  return { json: Buffer.from(json), decoded: decode(json) };
}

function blockRecord(point: ChainPoint, json: string): Parameters<typeof draftBlock>[1] {
  const { tx } = JSON.parse(json) as { readonly tx: readonly string[] };
  return { ...point, json: Buffer.from(json), txids: tx };
}

function cursorOf(draft: EventDraft, seq: number): string {
  const { point, stage, part, txIndex, assetIndex } = draft;
  return formatCursor({
    chainId: '5177b521',
    epoch: 'mh5x2k9qa1',
    seq,
    point,
    stage,
    part,
    txIndex,
    assetIndex,
  });
}

function event(draft: EventDraft, seq: number): string {
  const dataText = draft.dataJson.toString('utf8') + (draft.dataEnd ?? '');
  const { type } = draft;
  const head = eventPrefix({ type, topic: EVENT_TOPICS[type], cursor: cursorOf(draft, seq) });
  return head + dataText + MESSAGE_SUFFIX;
}

/** What the subscribers of a topic of the operator's own are told of an event on which its function throws. */
async function unmappedEvent(draft: EventDraft): Promise<string> {
  const log = createEventLog({
    epoch: 'mh5x2k9qa1',
    maxEvents: 1,
    maxBytes: 1_000_000,
    chainId: () => '5177b521',
    onListenerError: () => undefined,
  });
  log.append([draft]);
  const [logged] = log.read(1, 1) ?? [];
  if (logged === undefined) throw new Error('no such event');
  const map = (): never => {
    throw new Error('a mistake of the operator');
  };
  const topic = defineTopic({ name: 'large_blocks', on: 'block', map });
  const mapper = createTopicMapper(
    topic,
    { deadlineMs: 1000 },
    {
      rpc: (signal) => ({ signal, call: () => Promise.reject(new Error('not asked')) }),
      logger: pino({ level: 'silent' }),
      nowMs: () => 0,
    },
  );
  return String((await mapper.derive(logged))?.message);
}

function pick(drafts: readonly EventDraft[], index: number): EventDraft {
  const draft = drafts[index];
  if (draft === undefined) throw new Error('no such asset operation');
  return draft;
}

/** What a connection without filters is answered. */
function filterErrors(): Readonly<Record<string, string>> {
  const filters = createSubscriptionFilters({
    view: () => createView(createForm('native', () => [])),
    known: newKnownOutputs(),
    budget: { max: () => DEFAULT_LIMITS.max_filter_keys, used: 0 },
    setView: () => undefined,
  });
  const print = (change: FilterChange, idJson?: string): string => {
    if (change.type !== 'refused') throw new Error('that is a filter');
    return printError({ code: change.code, message: change.message, idJson });
  };
  return {
    'server not updatable': print(filters.update('transactions', ['transactions'], '{}', undefined), '5'),
    'server filter with a mistake': print(
      filters.subscribe('assets', ['assets'], '{"assets":["ORG","O R G"]}'),
    ),
  };
}

function errorFor(text: string): string {
  const request = parseRequest(text, { maxDepth: DEFAULT_LIMITS.max_depth });
  if (request.type !== 'invalid') throw new Error('that is a request');
  return printError({ code: request.error, message: request.message, idJson: request.idJson });
}

function nodeError(body: string): string {
  const { error } = JSON.parse(body) as {
    readonly error: { readonly code: number; readonly message: string };
  };
  return printError({ ...error, command: 'getblockhash', idJson: '8' });
}
