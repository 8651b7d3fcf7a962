import type { LogEvent } from '../../src/feed/eventLogTypes.js';
import { parseCursor } from '../../src/protocol/cursor.js';
import type { ModelChain } from './modelChain.js';

/** What a reader knows of a transaction. */
type Known =
  | { readonly type: 'confirmed'; readonly blockHashHex: string }
  | { readonly type: 'mempool' }
  /** Its block was undone, and its own event has not come yet. */
  | { readonly type: 'undone' }
  | { readonly type: 'gone'; readonly status: string };

/** What a reader has that knew the chain and the mempool at the start, and applied every event. */
export interface Folded {
  /** Block hashes, genesis first. */
  readonly chain: readonly string[];
  readonly transactions: ReadonlyMap<string, Known>;
  /** Txids by the `sequence` topic alone. */
  readonly sequenceMempool: ReadonlySet<string>;
}

/** Where the reader begins. */
export interface FoldStart {
  /** Genesis first. */
  readonly chain: readonly string[];
  readonly mempool: readonly string[];
}

interface Data {
  readonly hash?: string;
  readonly previousblockhash?: string;
  readonly tx?: readonly string[];
  readonly tx_count?: number;
  readonly txid?: string;
  readonly status?: string;
  readonly position?: number;
  readonly blockhash?: string;
  readonly height?: number;
  readonly confirmations?: number;
  readonly vin?: readonly unknown[];
  readonly vin_count?: number;
  readonly sequence?: number;
  readonly label?: string;
  readonly depth?: number;
  readonly fork_point?: { readonly hash: string };
  readonly old_tip?: { readonly hash: string };
}

const ALLOWED_BEFORE: Readonly<Record<string, readonly string[]>> = {
  mempool: ['none', 'gone'],
  confirmed: ['none', 'mempool', 'gone'],
  unconfirmed: ['undone'],
  replaced: ['mempool'],
  conflicted: ['mempool'],
  evicted: ['mempool', 'undone'],
};

/**
 * Applies the events in order, and throws at the first that does not fit onto what was there: numbers with holes, a block
 * that is not the tip's child, a group in another order than documented, a status that does not follow from the one before.
 */
export function foldEvents(events: readonly LogEvent[], model: ModelChain, start: FoldStart): Folded {
  const chain = [...start.chain];
  const transactions = new Map<string, Known>(start.mempool.map((txid) => [txid, { type: 'mempool' }]));
  for (const hash of start.chain) {
    for (const txid of model.block(hash)?.txids ?? [])
      transactions.set(txid, { type: 'confirmed', blockHashHex: hash });
  }
  const sequenceMempool = new Set(start.mempool);
  let sequence = 0;
  let seq = 0;
  let expected: string[] = [];
  let undone: { depth: number; oldTip: string } | undefined;
  const cursors = new Set<string>();

  for (const event of events) {
    const data = JSON.parse(event.dataJson.toString()) as Data;
    const fail = (what: string): never => {
      throw new Error(`event ${event.seq} (${event.type} ${JSON.stringify(data)}): ${what}`);
    };
    seq += 1;
    if (event.seq !== seq) fail(`seq is not ${seq}`);
    if (cursors.has(event.cursor)) fail('its cursor was there before');
    cursors.add(event.cursor);
    const cursor = parseCursor(event.cursor);
    if (cursor?.seq !== event.seq) fail('its cursor does not name it');
    JSON.parse(event.message.toString());

    const place = describe(event, data);
    if (expected.length > 0) {
      const next = expected.shift();
      if (place !== next) fail(`expected ${String(next)} here`);
    }
    switch (event.type) {
      case 'block': {
        if (undone !== undefined) fail('blocks were undone, and no reorg event came');
        if (data.previousblockhash !== chain.at(-1)) fail('it is not the child of the tip');
        chain.push(data.hash ?? '');
        const txids = data.tx ?? [];
        if (data.tx_count !== txids.length) fail('wrong tx_count');
        expected = [
          ...txids.map((txid) => `transaction confirmed ${txid}`),
          ...txids
            .filter((txid) => model.transaction(txid)?.asset !== undefined)
            .map((txid) => `asset confirmed ${txid}`),
          `sequence C ${data.hash ?? ''}`,
        ];
        break;
      }
      case 'block_disconnected': {
        if (data.hash !== chain.at(-1)) fail('it is not the tip');
        undone ??= { depth: 0, oldTip: data.hash ?? '' };
        undone.depth += 1;
        chain.pop();
        // One that was announced in the mempool already has nothing new to tell.
        const left = (data.tx ?? []).filter((txid) => transactions.get(txid)?.type !== 'mempool');
        for (const txid of left) transactions.set(txid, { type: 'undone' });
        const isMoving = (txid: string): boolean => model.transaction(txid)?.asset !== undefined;
        const isCoinbase = (txid: string): boolean => txid === data.tx?.[0];
        const status = (txid: string): string => (isCoinbase(txid) ? 'evicted' : 'unconfirmed');
        const lastFirst = [...left].reverse();
        expected = [
          ...lastFirst.map((txid) => `transaction ${status(txid)} ${txid}`),
          ...lastFirst.filter(isMoving).map((txid) => `asset ${status(txid)} ${txid}`),
          `sequence D ${data.hash ?? ''}`,
          ...left.filter((txid) => !isCoinbase(txid)).map((txid) => `sequence A ${txid}`),
        ];
        break;
      }
      case 'reorg': {
        if (data.depth !== undone?.depth) fail('wrong depth');
        if (data.fork_point?.hash !== chain.at(-1)) fail('wrong fork_point');
        if (data.old_tip?.hash !== undone?.oldTip) fail('wrong old_tip');
        undone = undefined;
        break;
      }
      case 'transaction': {
        const { txid = '', status = '' } = data;
        const before = transactions.get(txid)?.type ?? 'none';
        if (ALLOWED_BEFORE[status]?.includes(before) !== true) fail(`it was ${before} before`);
        if (status === 'confirmed') {
          if (data.blockhash !== chain.at(-1)) fail('its data do not name the block');
          if (data.height !== event.point.height) fail('its data name another height');
          transactions.set(txid, { type: 'confirmed', blockHashHex: chain.at(-1) ?? '' });
        } else if (status === 'mempool' || status === 'unconfirmed') {
          if (data.blockhash !== undefined) fail('its data name a block');
          transactions.set(txid, { type: 'mempool' });
        } else transactions.set(txid, { type: 'gone', status });
        if (data.vin !== undefined && data.vin_count !== data.vin.length) fail('wrong vin_count');
        break;
      }
      case 'asset':
        if (model.transaction(data.txid ?? '')?.asset === undefined) fail('its transaction moves no asset');
        break;
      case 'sequence': {
        sequence += 1;
        const { hash = '', label } = data;
        if (data.sequence !== sequence) fail(`sequence is not ${sequence}`);
        if (label === 'A') {
          if (sequenceMempool.has(hash)) fail('it was in the mempool already');
          sequenceMempool.add(hash);
        } else if (label === 'R') {
          if (!sequenceMempool.delete(hash)) fail('it was not in the mempool');
        } else if (label === 'C') {
          for (const txid of model.block(hash)?.txids ?? []) sequenceMempool.delete(txid);
        }
        break;
      }
      default:
        // Figures and such: they change neither the chain nor a transaction.
        break;
    }
  }
  if (expected.length > 0) throw new Error(`the last group lacks ${expected.join(', ')}`);
  if (undone !== undefined) throw new Error('blocks were undone, and no reorg event came');
  return { chain, transactions, sequenceMempool };
}

/** Every way in which what a reader has differs from the truth. */
export function differences(folded: Folded, model: ModelChain): readonly string[] {
  const found: string[] = [];
  const truth = model.activeChain().map(({ hashHex }) => hashHex);
  if (folded.chain.join() !== truth.join()) {
    found.push(`the chain is ${folded.chain.join()}, and not ${truth.join()}`);
  }
  for (const txid of model.txids()) {
    const where = model.whereIs(txid);
    const known = folded.transactions.get(txid);
    const isRight =
      (known?.type ?? 'gone') === where.type &&
      (known?.type !== 'confirmed' ||
        (where.type === 'confirmed' && known.blockHashHex === where.blockHashHex));
    if (!isRight) found.push(`${txid} is ${JSON.stringify(where)}, and known as ${JSON.stringify(known)}`);
    if (folded.sequenceMempool.has(txid) !== (where.type === 'mempool')) {
      found.push(`${txid} is ${JSON.stringify(where)}, and the sequence topic says otherwise`);
    }
  }
  return found;
}

function describe(event: LogEvent, data: Data): string {
  if (event.type === 'sequence') return `sequence ${String(data.label)} ${String(data.hash)}`;
  return `${event.type} ${String(data.status)} ${String(data.txid)}`;
}
