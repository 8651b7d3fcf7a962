import type { ChainPoint } from './events.js';

/**
 * Where in the events of its chain point an event stands. It is derived from the chain alone, so that any gateway of the
 * same chain puts the same event at the same place:
 *
 * - `connect`: an event of the block that `point` names being connected;
 * - `disconnect`: an event of the block that `point` names being disconnected;
 * - `mempool`: an event while the block that `point` names was the tip: everything of that block came before it.
 */
export type Stage = 'connect' | 'disconnect' | 'mempool';

/** What kind of event of a block's group it is; the group's order is block, transactions, assets, sequence, final. */
export type Part = 'block' | 'reorg' | 'transaction' | 'asset' | 'sequence' | 'final' | 'other';

/** A position in the one ordered log of a gateway, and in the chain that it follows. */
export interface Cursor {
  /** First 8 hex digits of the genesis block's hash: which chain this is. */
  readonly chainId: string;
  /** The log that gave `seq`; another gateway, or the same one restarted, has another. */
  readonly epoch: string;
  /** Number of the event in its log; the first is 1, and none is left out. */
  readonly seq: number;
  readonly point: ChainPoint;
  readonly stage: Stage;
  readonly part: Part;
  /** Position of the transaction in its block, for parts `transaction` and `asset`; 0 otherwise. */
  readonly txIndex: number;
  /** Position among the asset operations of the transaction, for part `asset`; 0 otherwise. */
  readonly assetIndex: number;
}

const VERSION = '1';
const STAGE_LETTERS: Readonly<Record<Stage, string>> = { connect: 'c', disconnect: 'd', mempool: 'm' };
const PART_LETTERS: Readonly<Record<Part, string>> = {
  block: 'b',
  reorg: 'r',
  transaction: 't',
  asset: 'a',
  sequence: 's',
  final: 'f',
  other: 'o',
};
const CURSOR_PATTERN =
  /^1\.([0-9a-f]{8})\.([0-9a-z]{1,16})\.(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,9})\.([0-9a-f]{64})\.([cdm])([brtasfo])(0|[1-9]\d{0,8})(?:-(0|[1-9]\d{0,8}))?$/;

/** The longest text that {@link parseCursor} looks at; a longer one is malformed. */
export const MAX_CURSOR_CHARS = 200;

/** Prints a cursor as the opaque text that messages carry: printable ASCII without quotes or backslashes. */
export function formatCursor(cursor: Cursor): string {
  const place =
    STAGE_LETTERS[cursor.stage] +
    PART_LETTERS[cursor.part] +
    cursor.txIndex +
    (cursor.assetIndex === 0 ? '' : `-${cursor.assetIndex}`);
  return `${VERSION}.${cursor.chainId}.${cursor.epoch}.${cursor.seq}.${cursor.point.height}.${cursor.point.hashHex}.${place}`;
}

/** The cursor of a place, not of an event: everything up to `tip`, the tip of its time, has been told. */
export function formatTipCursor(tip: ChainPoint, log: Pick<Cursor, 'chainId' | 'epoch'>): string {
  return formatCursor({
    ...log,
    seq: 0,
    point: tip,
    stage: 'mempool',
    part: 'other',
    txIndex: 0,
    assetIndex: 0,
  });
}

/** Reads a cursor's text; `undefined` when it is not one that {@link formatCursor} could have printed. */
export function parseCursor(text: string): Cursor | undefined {
  if (text.length > MAX_CURSOR_CHARS) return undefined;
  const match = CURSOR_PATTERN.exec(text);
  if (match === null) return undefined;
  const [, chainId, epoch, seq, height, hashHex, stageLetter, partLetter, txIndex, assetIndex] = match;
  const stage = keyOf(STAGE_LETTERS, stageLetter);
  const part = keyOf(PART_LETTERS, partLetter);
  if (chainId === undefined || epoch === undefined || hashHex === undefined || !stage || !part)
    return undefined;
  return {
    chainId,
    epoch,
    seq: Number(seq),
    point: { height: Number(height), hashHex },
    stage,
    part,
    txIndex: Number(txIndex),
    assetIndex: Number(assetIndex ?? 0),
  };
}

function keyOf<K extends string>(
  letters: Readonly<Record<K, string>>,
  letter: string | undefined,
): K | undefined {
  return (Object.keys(letters) as K[]).find((key) => letters[key] === letter);
}
