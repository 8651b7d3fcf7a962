import { afterAll, beforeAll, expect, test } from 'vitest';
import { ASSET_KINDS } from '../../src/simulator/assetKinds.js';
import { assetClass } from '../../src/simulator/assetNames.js';
import { JsonNumber, parseJson, type JsonValue } from '../../src/simulator/jsonText.js';
import { createSimulatedNode, type SimulatedNode } from '../../src/simulator/simulatedNode.js';
import { readRecording, RECORDING_NAMES, resultTextOf, type RecordedAnswer } from '../support/recording.js';
import { call, result } from './simulatorClient.js';

/*
 * Every answer of the recorded node is taken apart into paths with types (`result.vout[].value: amount`). For each method, each recorded path has to
 * come up in what the simulated node answers, and the other way round. Objects that come in variants carry the variant in the path, so
 * that, for instance, an owner token is compared with owner tokens alone.
 */

/** Recorded methods that the simulated node does not have: they need the address index, the wallet or the message database. */
const ABSENT = new Set([
  'getaddressbalance',
  'getaddressdeltas',
  'getaddressmempool',
  'listassetbalancesbyaddress',
  'listaddressesbyasset',
  'viewallmessages',
]);

/** Recorded paths that need not come up, and why. */
const EXCUSED_RECORDED: readonly (readonly [pattern: RegExp, why: string])[] = [];

/** Simulated paths that the recording does not have, and why. */
const EXCUSED_SIMULATED: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/\.spent(?:TxId|Index|Height)\b/u, 'the recording asks for no transaction again after it was spent'],
  [/<transfer_asset:\w+>\.asset\.expire_time/u, 'no recorded message has an expiry time'],
  [/<\w+_asset:\w+>\.asset\.(?:message|ipfs_hash|units)/u, 'optional members that few recorded assets have'],
  [/<reissue_asset:sub>/u, 'the recording reissues no sub-asset'],
  [/<transfer_asset:(?:sub|unique|owner|channel)>/u, 'not all classes are transferred in the recording'],
  [/<stale>.*<(?:\w+_asset|nullassetdata)/u, 'in the recording only payments go stale'],
  [/^getrawmempool\[true\]\.\*\.depends\[\]/u, 'no recorded transaction waits for another'],
  [/verifier_string/u, 'the recording asks for no restricted asset with getassetdata'],
  [/\.txid(?:_hash)?: string/u, 'no recorded asset has a txid for its hash'],
];

/** Operations that come in many forms. */
const OFTEN = [
  'transfer',
  'transfer',
  'transfer',
  'transfer_message',
  'transfer_message',
  'reissue',
] as const;

const MOST_ROUNDS = 40;

let node: SimulatedNode;

beforeAll(async () => {
  node = createSimulatedNode({ seed: 12, startHeight: 110 });
  await node.start();
});

afterAll(() => node.stop());

const isObject = (value: JsonValue): value is ReadonlyMap<string, JsonValue> => value instanceof Map;

/** Digits tell amounts (8 decimals), other fractions and whole numbers apart. */
function numberType(text: string): string {
  if (/^-?\d+$/u.test(text)) return 'integer';
  return /^-?\d+\.\d{8}$/u.test(text) ? 'amount' : 'double';
}

/** Which variant an object is, for paths in which objects differ by what they describe. */
function variant(path: string, object: ReadonlyMap<string, JsonValue>): string {
  if (path.endsWith('scriptPubKey')) {
    const asset = object.get('asset');
    const name = asset !== undefined && isObject(asset) ? asset.get('name') : undefined;
    const data = object.get('asset_data');
    const kind =
      data !== undefined && isObject(data) ? (data.has('qualifier_type') ? ':tag' : ':freeze') : '';
    const type = object.get('type');
    return `<${typeof type === 'string' ? type : ''}${typeof name === 'string' ? `:${assetClass(name)}` : kind}>`;
  }
  if (path.endsWith('vin[]')) {
    if (object.has('coinbase')) return '<coinbase>';
    // Asset inputs have a value of 0 and no address.
    return object.has('value') && !object.has('address') ? '<spend_asset>' : '<spend>';
  }
  if (path === 'getrawtransaction[1]') {
    const height = object.get('height');
    if (!(height instanceof JsonNumber)) return '<waiting>';
    return height.text === '-1' ? '<stale>' : '<confirmed>';
  }
  return '';
}

/** Objects whose keys are data. */
const KEYED_BY_DATA = /^(?:getrawmempool\[true\]|listassets\[.*\])$/u;
/** Numbers whose decimals follow the asset's units, or which happen to be whole. */
const ANY_NUMBER = /^(?:listassets\[.*\]\.\*|getassetdata\[.*\])\.amount$|verificationprogress$/u;

function takeApart(
  value: JsonValue,
  path: string,
  found: Set<string>,
  orders: Map<string, string[][]>,
): void {
  if (value instanceof JsonNumber)
    found.add(`${path}: ${ANY_NUMBER.test(path) ? 'number' : numberType(value.text)}`);
  else if (value === null) found.add(`${path}: null`);
  else if (Array.isArray(value)) {
    found.add(`${path}: array`);
    for (const item of value as readonly JsonValue[]) takeApart(item, `${path}[]`, found, orders);
  } else if (isObject(value)) {
    const here = `${path}${variant(path, value)}`;
    found.add(`${here}: object`);
    const dataKeys = KEYED_BY_DATA.test(here);
    if (!dataKeys) orders.set(here, [...(orders.get(here) ?? []), [...value.keys()]]);
    for (const [key, member] of value) takeApart(member, `${here}.${dataKeys ? '*' : key}`, found, orders);
  } else found.add(`${path}: ${typeof value}`);
}

/** What tells calls of one method apart: verbosity, not hashes. */
function callName(method: string, params: readonly unknown[]): string {
  if (method === 'getassetdata') return 'getassetdata[]';
  if (method === 'listassets') return 'listassets[verbose]';
  const last = params.at(-1);
  const plain =
    ['getblock', 'getrawtransaction', 'getrawmempool'].includes(method) && typeof last !== 'string';
  return plain && params.length > 0 ? `${method}[${String(last)}]` : method;
}

interface Shapes {
  readonly paths: Map<string, Set<string>>;
  readonly orders: Map<string, string[][]>;
}

function add(shapes: Shapes, answer: Pick<RecordedAnswer, 'method' | 'params' | 'body'>): void {
  const name = callName(answer.method, answer.params);
  const found = shapes.paths.get(name) ?? new Set<string>();
  shapes.paths.set(name, found);
  takeApart(parseJson(resultTextOf(answer)), name, found, shapes.orders);
}

async function recordedAnswers(): Promise<RecordedAnswer[]> {
  const recordings = await Promise.all(RECORDING_NAMES.map(readRecording));
  return recordings.flatMap((recording) => recording.steps.flatMap((step) => step.answers));
}

/** Plays through everything that can happen, asking as the recording does, and takes the answers apart. */
async function simulatedShapes(recorded: Shapes): Promise<Shapes> {
  const shapes: Shapes = { paths: new Map(), orders: new Map() };
  const ask = async (method: string, ...params: readonly unknown[]): Promise<void> => {
    const answer = await call(node, method, params);
    expect(answer.status, `${method}: ${answer.body.slice(0, 200)}`).toBe(200);
    add(shapes, { method, params, body: answer.body });
  };
  const askBlock = async (hash: string): Promise<void> => {
    await ask('getblockheader', hash);
    await ask('getblock', hash, 1);
    await ask('getblock', hash, 2);
    for (const txid of node.control.blockTxids(hash)) await ask('getrawtransaction', txid, 1);
  };
  const state = async (): Promise<void> => {
    for (const method of [
      'getbestblockhash',
      'getblockcount',
      'getblockchaininfo',
      'getmempoolinfo',
      'getrawmempool',
    ]) {
      await ask(method);
    }
    await ask('getrawmempool', true);
    for (const txid of node.control.mempoolTxids()) await ask('getrawtransaction', txid, 1);
  };
  await askBlock(node.control.blockHash(0) ?? '');
  await state();
  // Chance decides the forms of operations: it goes on until all that the recorded blocks show has come up.
  const wanted = [...(recorded.paths.get('getblock[2]') ?? [])];
  const seen = (): boolean => wanted.every((path) => shapes.paths.get('getblock[2]')?.has(path));
  for (let round = 0; round < 2 || (round < MOST_ROUNDS && !seen()); round++) {
    for (const kind of [...ASSET_KINDS, ...OFTEN] as const) {
      await node.control.asset(kind);
      await node.control.pay(1);
      await state();
      const [hash = ''] = await node.control.mine();
      await askBlock(hash);
    }
  }
  const { height, hashHex } = node.control.tip();
  await ask('getblockhash', height);
  await askBlock(node.control.blockHash(height - 1) ?? '');
  await node.control.reorg(1);
  await askBlock(hashHex);
  // Stale transactions that do not wait either: those of blocks that were taken back, after the mempool was cleared.
  const stale: string[] = [];
  for (let left = 4; left > 0; left--) {
    await node.control.pay(40);
    const [hash = ''] = await node.control.mine();
    stale.push(hash);
  }
  await node.control.invalidateBlock(stale[0] ?? '');
  await node.control.clearMempool();
  for (const hash of stale) await askBlock(hash);
  for (const method of [
    'getnetworkinfo',
    'getpeerinfo',
    'getmininginfo',
    'getnettotals',
    'getchaintips',
    'uptime',
    'help',
  ]) {
    await ask(method);
  }
  const names = await result<string[]>(node, 'listassets');
  await ask('listassets', '*', true);
  for (const name of names) await ask('getassetdata', name);
  return shapes;
}

const unexcused = (paths: readonly string[], excuses: readonly (readonly [RegExp, string])[]): string[] =>
  paths.filter((path) => !excuses.some(([pattern]) => pattern.test(path)));

test(
  'every key of the recorded answers is there with the same type and in the same order, and no other',
  { timeout: 180_000 },
  async () => {
    const recorded: Shapes = { paths: new Map(), orders: new Map() };
    for (const answer of await recordedAnswers()) {
      if (answer.status === 200 && !ABSENT.has(answer.method)) add(recorded, answer);
    }
    const simulated = await simulatedShapes(recorded);

    expect([...simulated.paths.keys()].sort()).toEqual([...recorded.paths.keys()].sort());
    for (const [name, wanted] of recorded.paths) {
      const given = simulated.paths.get(name) ?? new Set<string>();
      const missing = [...wanted].filter((path) => !given.has(path));
      expect(unexcused(missing, EXCUSED_RECORDED), `${name}: recorded, but not simulated`).toEqual([]);
      const extra = [...given].filter((path) => !wanted.has(path));
      expect(unexcused(extra, EXCUSED_SIMULATED), `${name}: simulated, but not recorded`).toEqual([]);
    }
    for (const [path, sequences] of recorded.orders) {
      const given = simulated.orders.get(path) ?? [];
      // The longest of each has the most to say.
      const longest = (all: readonly string[][]): string[] =>
        [...all].sort((a, b) => b.length - a.length)[0] ?? [];
      const [real, ours] = [longest(sequences), longest(given)];
      expect(
        ours.filter((key) => real.includes(key)),
        `order of the keys of ${path}`,
      ).toEqual(real.filter((key) => ours.includes(key)));
    }
  },
);

test('refusals, and answers that depend on nothing, are the recorded bytes', async () => {
  const same = new Set(['getnetworkinfo', 'getpeerinfo']);
  let compared = 0;
  for (const answer of await recordedAnswers()) {
    if (ABSENT.has(answer.method) || (answer.status === 200 && !same.has(answer.method))) continue;
    const given = await call(node, answer.method, answer.params);
    expect({ status: given.status, body: given.body }).toEqual({ status: answer.status, body: answer.body });
    compared += 1;
  }
  expect(compared).toBeGreaterThan(5);
});
