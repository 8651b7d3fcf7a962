import { parseCursor } from '../../src/protocol/cursor.js';
import { parseTopic, type Topic } from '../../src/protocol/topics.js';
import type { ModelChain } from './modelChain.js';
import type { ReceivedMessage } from './webSocketClient.js';

type Json = ReceivedMessage['json'];

/** What a client knows of a transaction, or of its asset operation. */
interface Known {
  readonly status: string;
  /** For `confirmed`. */
  readonly blockhash?: string;
}

/** A stack of block hashes above a floor: what the client was told, on top of what it knew. */
interface ChainView {
  /** Height below the first block told; its hash where known. */
  floorHeight: number;
  floorHash: string | undefined;
  hashes: string[];
}

/** What a fold is compared with. */
export type FoldTruth = Pick<
  ModelChain,
  'tip' | 'mempool' | 'activeChain' | 'block' | 'transaction' | 'txids' | 'whereIs'
>;

/** Where a client begins. */
export type FoldStart =
  /** With nothing, and the whole past is asked for. */
  | { readonly type: 'genesis' }
  /** At a tip, with the mempool as it is. */
  | { readonly type: 'live'; readonly tipHash: string; readonly mempool: readonly string[] }
  /** Below a height; only the chain is looked at then. */
  | { readonly type: 'height'; readonly height: number };

/** What a client of one subscription has that applies every message. */
export interface SubscriptionFold {
  /** Applies a message; gives what does not fit onto what was there. */
  apply(message: Json): string | undefined;
  /** The client gave these blocks as the places that it knows: it is on the one with this hash from now on. */
  cutBackTo(hash: string): boolean;
  /** Newest first. */
  points(): readonly { readonly height: number; readonly hash: string }[];
  clone(): SubscriptionFold;
  /** What differs from the truth. */
  differences(): readonly string[];
}

const TOPICS_OF_ALL = parseTopic('all') ?? [];
const UNSETTLED: readonly string[] = ['mempool', 'unconfirmed'];

interface State {
  blocks: ChainView;
  steps: ChainView;
  transactions: Map<string, Known>;
  assets: Map<string, Known>;
  /** Txids by the `sequence` topic; unknown after a gap. */
  stepMempool: Set<string> | undefined;
  figure: number | undefined;
  /** The block whose transactions are being told. */
  open: string | undefined;
  /** The last numbered event. */
  last: { readonly epoch: string; readonly seq: number } | undefined;
  /** Nothing but events of the log came since the last numbered one. */
  isContinuous: boolean;
  lastStep: number | undefined;
}

/**
 * Applies messages of `topics`, and compares with the model in the end. `isWholeLog`: nobody wants a topic that `all` leaves out, so
 * that whoever has all of them has every number of the log.
 */
export function createSubscriptionFold(
  model: FoldTruth,
  topics: ReadonlySet<Topic>,
  start: FoldStart,
  isWholeLog = true,
): SubscriptionFold {
  return foldFrom(model, topics, firstState(model, start), isWholeLog);
}

function firstState(model: FoldTruth, start: FoldStart): State {
  const transactions = new Map<string, Known>();
  const assets = new Map<string, Known>();
  let floor: { height: number; hash: string | undefined } = { height: -1, hash: undefined };
  if (start.type === 'height') floor = { height: start.height - 1, hash: undefined };
  if (start.type === 'live') {
    const know = (txid: string, known: Known): void => {
      transactions.set(txid, known);
      if (model.transaction(txid)?.asset !== undefined) assets.set(txid, known);
    };
    const tip = model.block(start.tipHash);
    floor = { height: tip?.height ?? -1, hash: start.tipHash };
    for (let at = tip; at !== undefined; at = model.block(at.previousHashHex ?? '')) {
      for (const txid of at.txids) know(txid, { status: 'confirmed', blockhash: at.hashHex });
    }
    for (const txid of start.mempool) know(txid, { status: 'mempool' });
  }
  const view = (): ChainView => ({ floorHeight: floor.height, floorHash: floor.hash, hashes: [] });
  return {
    blocks: view(),
    steps: view(),
    transactions,
    assets,
    stepMempool: start.type === 'live' ? new Set(start.mempool) : undefined,
    figure: undefined,
    open: undefined,
    last: undefined,
    isContinuous: false,
    lastStep: undefined,
  };
}

function foldFrom(
  model: FoldTruth,
  topics: ReadonlySet<Topic>,
  state: State,
  isWholeLog: boolean,
): SubscriptionFold {
  const isAll = topics.size === TOPICS_OF_ALL.length;

  const gap = (topic: Topic): void => {
    state.isContinuous = false;
    state.lastStep = undefined;
    if (topic === 'transactions') forgetUnsettled(state.transactions);
    if (topic === 'assets') forgetUnsettled(state.assets);
    if (topic === 'sequence') state.stepMempool = undefined;
    if (topic === 'mempool') state.figure = undefined;
  };

  const count = (cursorText: string): string | undefined => {
    const cursor = parseCursor(cursorText);
    if (cursor === undefined) return 'its cursor cannot be read';
    const genesis = model.activeChain()[0]?.hashHex ?? '';
    if (!genesis.startsWith(cursor.chainId)) return 'its cursor names another chain';
    if (cursor.seq === 0) {
      state.isContinuous = false;
      state.lastStep = undefined;
      return undefined;
    }
    const { last } = state;
    state.last = cursor;
    const wasContinuous = state.isContinuous;
    state.isContinuous = true;
    if (last?.epoch !== cursor.epoch) return undefined;
    if (cursor.seq <= last.seq) return `its seq is not above ${last.seq}`;
    if (isAll && isWholeLog && wasContinuous && cursor.seq !== last.seq + 1)
      return `its seq does not follow ${last.seq}`;
    return undefined;
  };

  const transaction = (json: Json): string | undefined => {
    const data = json.data ?? {};
    const txid = String(data['txid']);
    const status = String(data['status']);
    const blockhash = data['blockhash'];
    const open = state.open;
    // The block before is told to its end, before another one is begun or it is undone.
    const leaves = status === 'confirmed' ? open !== blockhash : isIn(txid, open);
    const unfinished = leaves ? unfinishedOf(open) : undefined;
    if (leaves) state.open = undefined;
    const problem = unfinished ?? know(state.transactions, txid, status, blockhash);
    if (problem !== undefined || status !== 'confirmed') return problem;
    if (typeof blockhash !== 'string') return 'it names no block';
    state.open = blockhash;
    const txids = model.block(blockhash)?.txids ?? [];
    const position = Number(data['position']);
    if (txids[position] !== txid) return 'it is not at this position of the block';
    return txids.slice(0, position).every((before) => isIn(before, blockhash))
      ? undefined
      : 'a transaction before it in its block was left out';
  };

  const isIn = (txid: string, blockhash: string | undefined): boolean => {
    const known = state.transactions.get(txid);
    return known?.status === 'confirmed' && known.blockhash === blockhash;
  };

  const unfinishedOf = (open: string | undefined): string | undefined =>
    open === undefined || model.block(open)?.txids.every((txid) => isIn(txid, open)) === true
      ? undefined
      : `not all transactions of block ${open} were told`;

  const step = (json: Json): string | undefined => {
    const data = json.data ?? {};
    const hash = String(data['hash']);
    const number = data['sequence'];
    if (typeof number === 'number') {
      const expected = state.lastStep === undefined ? undefined : state.lastStep + 1;
      state.lastStep = number;
      if (state.isContinuous && isAll && expected !== undefined && number !== expected)
        return `sequence ${expected} was expected`;
    } else state.lastStep = undefined;
    const { stepMempool } = state;
    switch (data['label']) {
      case 'C':
        for (const txid of model.block(hash)?.txids ?? []) stepMempool?.delete(txid);
        return push(state.steps, Number(data['height']), hash, undefined);
      case 'D':
        return pop(state.steps, Number(data['height']), hash, undefined);
      case 'A':
        if (stepMempool?.has(hash) === true) return 'it was in the mempool already';
        stepMempool?.add(hash);
        return undefined;
      default:
        if (stepMempool?.delete(hash) === false) return 'it was not in the mempool';
        return undefined;
    }
  };

  const event = (json: Json): string | undefined => {
    const data = json.data ?? {};
    switch (json.type) {
      case 'block':
        return push(
          state.blocks,
          Number(data['height']),
          String(data['hash']),
          data['previousblockhash'] as string | undefined,
        );
      case 'block_disconnected':
        return pop(
          state.blocks,
          Number(data['height']),
          String(data['hash']),
          data['previousblockhash'] as string | undefined,
        );
      case 'transaction':
        return transaction(json);
      case 'asset':
        return know(state.assets, String(data['txid']), String(data['status']), data['blockhash']);
      case 'sequence':
        return step(json);
      case 'mempool':
        state.figure = Number(data['size']);
        return undefined;
      default:
        return undefined;
    }
  };

  return {
    apply(json) {
      if (json.type === 'gap') {
        gap(json.topic as Topic);
        return undefined;
      }
      if (json.cursor === undefined) return 'it has no cursor';
      if (!topics.has(json.topic as Topic)) return 'its topic was not subscribed to';
      const problems = [count(json.cursor), event(json)];
      return problems.find((problem) => problem !== undefined);
    },
    cutBackTo(hash) {
      const { blocks } = state;
      if (blocks.hashes.length === 0 && (blocks.floorHash ?? hash) === hash) return true;
      const index = blocks.hashes.lastIndexOf(hash);
      if (index < 0 && blocks.floorHash !== hash) return false;
      blocks.hashes = blocks.hashes.slice(0, index + 1);
      return true;
    },
    points() {
      const { blocks } = state;
      return blocks.hashes
        .map((hash, index) => ({ height: blocks.floorHeight + 1 + index, hash }))
        .reverse()
        .slice(0, 64);
    },
    clone() {
      return foldFrom(
        model,
        topics,
        {
          ...state,
          blocks: { ...state.blocks, hashes: [...state.blocks.hashes] },
          steps: { ...state.steps, hashes: [...state.steps.hashes] },
          transactions: new Map(state.transactions),
          assets: new Map(state.assets),
          stepMempool: state.stepMempool === undefined ? undefined : new Set(state.stepMempool),
        },
        isWholeLog,
      );
    },
    differences() {
      const found: string[] = [];
      if (topics.has('blocks')) found.push(...chainDifferences('blocks', state.blocks, model));
      if (topics.has('sequence')) {
        found.push(...chainDifferences('sequence', state.steps, model));
        const { stepMempool } = state;
        const truth = new Set(model.mempool);
        if (
          stepMempool !== undefined &&
          (stepMempool.size !== truth.size || [...truth].some((txid) => !stepMempool.has(txid)))
        ) {
          found.push(
            `sequence: the mempool is ${[...truth].join()}, and known as ${[...stepMempool].join()}`,
          );
        }
      }
      if (topics.has('transactions')) {
        found.push(...knownDifferences('transaction', state.transactions, model, model.txids()));
      }
      if (topics.has('assets')) {
        const moving = model.txids().filter((txid) => model.transaction(txid)?.asset !== undefined);
        found.push(...knownDifferences('asset', state.assets, model, moving));
      }
      if (topics.has('mempool') && state.figure !== undefined && state.figure !== model.mempool.length) {
        found.push(`the mempool holds ${model.mempool.length}, and is known to hold ${state.figure}`);
      }
      return found;
    },
  };
}

function forgetUnsettled(known: Map<string, Known>): void {
  for (const [txid, { status }] of known) if (UNSETTLED.includes(status)) known.delete(txid);
}

function know(all: Map<string, Known>, txid: string, status: string, blockhash: unknown): string | undefined {
  const before = all.get(txid);
  const block = status === 'confirmed' && typeof blockhash === 'string' ? { blockhash } : {};
  all.set(txid, { status, ...block });
  if (before?.status !== status || before.blockhash !== all.get(txid)?.blockhash) return undefined;
  return `it was ${status} already`;
}

function push(
  view: ChainView,
  height: number,
  hash: string,
  previousHash: string | undefined,
): string | undefined {
  const top = view.hashes.at(-1) ?? view.floorHash;
  const expected = view.floorHeight + view.hashes.length + 1;
  view.hashes.push(hash);
  if (height !== expected) return `height ${expected} was expected`;
  return previousHash === undefined || top === undefined || top === previousHash
    ? undefined
    : `it is not the child of ${top}`;
}

function pop(
  view: ChainView,
  height: number,
  hash: string,
  previousHash: string | undefined,
): string | undefined {
  const expected = view.floorHeight + view.hashes.length;
  const top = view.hashes.pop() ?? view.floorHash;
  if (height === view.floorHeight) {
    view.floorHeight -= 1;
    view.floorHash = previousHash;
  }
  if (height !== expected) return `height ${expected} was expected`;
  return top === undefined || top === hash ? undefined : `the tip is ${top}`;
}

function chainDifferences(name: string, view: ChainView, model: FoldTruth): readonly string[] {
  const truth = model.activeChain();
  const wrong = view.hashes.some((hash, index) => truth[view.floorHeight + 1 + index]?.hashHex !== hash);
  const tipHeight = view.floorHeight + view.hashes.length;
  if (!wrong && tipHeight === model.tip.height) return [];
  return [
    `${name}: the chain ends at ${model.tip.height} ${model.tip.hashHex}, and is known up to ${tipHeight} ${view.hashes.at(-1) ?? ''}`,
  ];
}

function knownDifferences(
  what: string,
  all: ReadonlyMap<string, Known>,
  model: FoldTruth,
  txids: readonly string[],
): readonly string[] {
  return txids.flatMap((txid) => {
    const where = model.whereIs(txid);
    const known = all.get(txid);
    const isKnownAs =
      known === undefined || !['confirmed', ...UNSETTLED].includes(known.status)
        ? 'gone'
        : known.status === 'confirmed'
          ? 'confirmed'
          : 'mempool';
    const isRight =
      isKnownAs === where.type && (where.type !== 'confirmed' || where.blockHashHex === known?.blockhash);
    return isRight
      ? []
      : [`${what} ${txid} is ${JSON.stringify(where)}, and known as ${JSON.stringify(known)}`];
  });
}
