import { CompactSize } from '@scure/btc-signer/script.js';
import { fromDisplayHex, merkleRoot, sha256d, toDisplayHex, toHex } from './hashing.js';
import { COINBASE_OUTPOINT, makeTransaction, type SimulatedTransaction } from './simulatedTransaction.js';

/** A block with its true serialisation and name. */
export interface SimulatedBlock {
  readonly hashHex: string;
  /** 64 zeros in the first block. */
  readonly previousHashHex: string;
  readonly height: number;
  readonly version: number;
  readonly merkleRootHex: string;
  /** Unix seconds. */
  readonly timeSeconds: number;
  /** Median of the times of the last 11 blocks, this one included. */
  readonly medianTimeSeconds: number;
  readonly nonce: number;
  readonly chainWork: bigint;
  /** As meaningless as the node's own on regtest: the hash with nonce 0. */
  readonly headerHashHex: string;
  readonly transactions: readonly SimulatedTransaction[];
  /** 80 bytes. */
  readonly headerBytes: Uint8Array;
  readonly sizeBytes: number;
  readonly strippedSizeBytes: number;
  readonly weight: number;
}

/** Compact form of the easiest target, that of regtest. */
export const BITS = 0x207fffff;
/** Work that one block of that target proves. */
const WORK_PER_BLOCK = 2n;
const ZERO_32 = new Uint8Array(32);

/** What the first transaction of a block pays to whom. */
export interface CoinbaseParts {
  readonly height: number;
  /** Makes coinbases of the same height differ. */
  readonly extraNonce: number;
  readonly payout: readonly { readonly valueSat: bigint; readonly script: Uint8Array }[];
  /** Free text in the scriptSig, as the first block of a chain has it. */
  readonly text?: string;
}

function scriptNumber(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  if ((bytes.at(-1) ?? 0) > 127) bytes.push(0);
  return Uint8Array.of(bytes.length, ...bytes);
}

/** The coinbase with its witness commitment, for these other transactions of the block. */
export function makeCoinbase(
  parts: CoinbaseParts,
  others: readonly SimulatedTransaction[],
): SimulatedTransaction {
  const witnessRoot = merkleRoot([
    ZERO_32,
    ...others.map((transaction) => fromDisplayHex(transaction.wtxidHex)),
  ]);
  const commitment = sha256d(Buffer.concat([witnessRoot, ZERO_32]));
  const text = Buffer.from(parts.text ?? '', 'utf8').subarray(0, 70);
  const scriptSig = Buffer.concat([
    scriptNumber(parts.height),
    scriptNumber(parts.extraNonce),
    text.length === 0 ? text : Buffer.concat([Buffer.of(text.length), text]),
  ]);
  return makeTransaction({
    version: 2,
    lockTime: 0,
    inputs: [
      {
        ...COINBASE_OUTPOINT,
        scriptSig: Uint8Array.from(scriptSig),
        sequence: 0xffffffff,
        witness: [ZERO_32],
      },
    ],
    outputs: [
      ...parts.payout,
      { valueSat: 0n, script: Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed, ...commitment) },
    ],
  });
}

function header(fields: {
  readonly version: number;
  readonly previousHashHex: string;
  readonly root: Uint8Array;
  readonly timeSeconds: number;
}): { bytes: Buffer; hash: Uint8Array; nonce: number; headerHashHex: string } {
  const bytes = Buffer.alloc(80);
  bytes.writeInt32LE(fields.version, 0);
  bytes.set(fromDisplayHex(fields.previousHashHex), 4);
  bytes.set(fields.root, 36);
  bytes.writeUInt32LE(fields.timeSeconds, 68);
  bytes.writeUInt32LE(BITS, 72);
  const headerHashHex = toDisplayHex(sha256d(bytes));
  for (let nonce = 0; ; nonce++) {
    bytes.writeUInt32LE(nonce, 76);
    const hash = sha256d(bytes);
    // The target is 7fffff followed by zeros: the highest byte says nearly all, the exact rest does not matter here.
    if ((hash[31] ?? 255) < 0x7f) return { bytes, hash, nonce, headerHashHex };
  }
}

/** What {@link makeBlock} needs to know of the block before. */
export type PreviousBlock = Pick<SimulatedBlock, 'hashHex' | 'height' | 'chainWork'> & {
  /** Times of it and of up to ten before it, Unix seconds. */
  readonly recentTimesSeconds: readonly number[];
};

/** Builds a block on `previous` (absent: the first of a chain) and finds its nonce. The coinbase comes first. */
export function makeBlock(
  previous: PreviousBlock | undefined,
  timeSeconds: number,
  transactions: readonly SimulatedTransaction[],
): SimulatedBlock {
  const version = previous === undefined ? 4 : 0x30000000;
  const previousHashHex = previous?.hashHex ?? COINBASE_OUTPOINT.txidHex;
  const root = merkleRoot(transactions.map((transaction) => fromDisplayHex(transaction.txidHex)));
  const mined = header({ version, previousHashHex, root, timeSeconds });
  const times = [...(previous?.recentTimesSeconds ?? []).slice(-10), timeSeconds].sort((a, b) => a - b);
  const overhead = 80 + CompactSize.encode(BigInt(transactions.length)).length;
  const sizeBytes = transactions.reduce((sum, transaction) => sum + transaction.sizeBytes, overhead);
  const stripped = transactions.reduce((sum, transaction) => sum + transaction.strippedSizeBytes, overhead);
  return {
    hashHex: toDisplayHex(mined.hash),
    previousHashHex,
    height: previous === undefined ? 0 : previous.height + 1,
    version,
    merkleRootHex: toDisplayHex(root),
    timeSeconds,
    medianTimeSeconds: times[Math.floor(times.length / 2)] ?? timeSeconds,
    nonce: mined.nonce,
    chainWork: (previous?.chainWork ?? 0n) + WORK_PER_BLOCK,
    headerHashHex: mined.headerHashHex,
    transactions,
    headerBytes: Uint8Array.from(mined.bytes),
    sizeBytes,
    strippedSizeBytes: stripped,
    weight: stripped * 3 + sizeBytes,
  };
}

/** The whole block as it goes over the wire: header, count, transactions with witnesses. */
export function serialiseBlock(block: SimulatedBlock): Buffer {
  return Buffer.concat([
    block.headerBytes,
    CompactSize.encode(BigInt(block.transactions.length)),
    ...block.transactions.map((transaction) => transaction.rawBytes),
  ]);
}

/** Hex of {@link serialiseBlock}. */
export function blockHex(block: SimulatedBlock): string {
  return toHex(serialiseBlock(block));
}
