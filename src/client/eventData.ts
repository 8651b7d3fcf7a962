import type { PeerStatus, SequenceLabel, TransactionStatus } from '../protocol/events.js';
import type { SlowPolicy } from '../protocol/slowPolicies.js';
import type { ExactDecimal, ExactInteger } from './exactNumber.js';
import type { JsonValue } from './jsonValue.js';

/** A block, as the protocol names it. */
export interface BlockPoint {
  /** Blocks above genesis. */
  readonly height: number;
  /** 64 lower-case hex digits, in display order. */
  readonly hash: string;
}

/** `data` of `block` and `block_disconnected`: the node's `getblock`, all of it. PROTOCOL.md §5.1 and §5.2. */
export interface BlockData extends BlockPoint {
  readonly confirmations: number;
  /** Txids, in block order. */
  readonly tx: readonly string[];
  readonly tx_count: number;
  /** Absent of a disconnected block that the node has forgotten, as is all that follows; `undefined` for genesis too. */
  readonly previousblockhash?: string;
  readonly nextblockhash?: string;
  /** Unix time, seconds. */
  readonly time?: number;
  readonly mediantime?: number;
  readonly size?: number;
  readonly strippedsize?: number;
  readonly weight?: number;
  readonly version?: number;
  readonly merkleroot?: string;
  readonly bits?: string;
  readonly difficulty?: ExactDecimal;
  readonly chainwork?: string;
  readonly nonce?: number;
  readonly nonce64?: ExactInteger;
}

/** `data` of `reorg`. PROTOCOL.md §5.3. */
export interface ReorgData {
  /** Number of blocks that were disconnected. */
  readonly depth: number;
  readonly fork_point: BlockPoint;
  readonly old_tip: BlockPoint;
  readonly new_tip: BlockPoint;
}

/** An output as the node shows it. */
export interface TransactionOutput {
  readonly n: number;
  readonly value: ExactDecimal;
  readonly valueSat?: ExactInteger;
  readonly scriptPubKey: {
    readonly type: string;
    readonly asm: string;
    readonly hex: string;
    readonly addresses?: readonly string[];
  } & { readonly [key: string]: JsonValue };
}

/** `data` of `transaction`: the node's verbose transaction, all of it. PROTOCOL.md §5.4. */
export interface TransactionData {
  readonly txid: string;
  readonly status: Exclude<TransactionStatus, 'final'>;
  /** Index in the block; with status `confirmed`. */
  readonly position?: number;
  /** The transaction that took its inputs; with `replaced` and `conflicted`. */
  readonly by?: string;
  /** Absent, as is all that follows, when the node no longer shows the transaction. */
  readonly vin_count?: number;
  readonly vout_count?: number;
  readonly vin?: readonly ({ readonly txid?: string; readonly vout?: number; readonly coinbase?: string } & {
    readonly [key: string]: JsonValue;
  })[];
  readonly vout?: readonly TransactionOutput[];
  readonly hex?: string;
  readonly hash?: string;
  readonly version?: number;
  readonly locktime?: number;
  readonly size?: number;
  readonly vsize?: number;
  readonly blockhash?: string;
  readonly height?: number;
  readonly confirmations?: number;
  readonly time?: number;
  readonly blocktime?: number;
}

/** `data` of `asset`. PROTOCOL.md §5.5. */
export interface AssetData {
  readonly txid: string;
  readonly vout: number;
  readonly asset: string;
  /** `new`, `reissue`, `transfer`, `tag`, `freeze`, …; later versions may add some. */
  readonly type: string;
  readonly amount: ExactDecimal;
  /** The same as an integer of 0.00000001, as text. */
  readonly amount_sats: string;
  readonly asset_class: string;
  readonly status: Exclude<TransactionStatus, 'final'>;
  readonly parent?: string;
  readonly address?: string;
  readonly units?: number;
  readonly reissuable?: boolean;
  readonly ipfs_hash?: string;
  readonly message?: string;
  readonly message_expires?: ExactInteger;
  readonly verifier?: string;
  readonly height?: number;
  readonly blockhash?: string;
  readonly position?: number;
  readonly by?: string;
}

/** `data` of `mempool`: the node's `getmempoolinfo`. PROTOCOL.md §5.6. */
export interface MempoolData {
  readonly size: number;
  readonly bytes: number;
  readonly usage: number;
  readonly maxmempool: number;
  readonly mempoolminfee: ExactDecimal;
}

/** `data` of `sequence`. PROTOCOL.md §5.7. */
export interface SequenceData {
  /** Counts from 1 in each run of the gateway; `null` when the step was read from the chain again. */
  readonly sequence: number | null;
  readonly hash: string;
  readonly label: SequenceLabel;
  readonly height?: number;
  readonly node_sequence?: number;
}

/** `data` of `final`: the transaction's block has as many confirmations as the gateway counts as final. */
export interface FinalData {
  readonly txid: string;
  readonly status: 'final';
  /** The transaction's block. */
  readonly height: number;
  readonly blockhash: string;
  /** Index in that block. */
  readonly position: number;
  /** Confirmations. */
  readonly depth: number;
}

/** `data` of `peer`: what became of a peer of the node. PROTOCOL.md §5.9. */
export interface PeerData {
  readonly status: PeerStatus;
  /** The node's number of the connection; it begins at 0 again when the node is restarted. */
  readonly id: number;
  /** Address and port; for operators alone. */
  readonly addr?: string;
  /** Unix time, seconds. */
  readonly conntime?: number;
  readonly inbound?: boolean;
  readonly addnode?: boolean;
  readonly whitelisted?: boolean;
  readonly version?: number;
  readonly subver?: string;
  readonly services?: string;
  readonly relaytxes?: boolean;
  readonly startingheight?: number;
  readonly banscore?: number;
  /** With status `changed`: the members that are not what they were. */
  readonly changed?: readonly string[];
  /** Peers of the node after this. */
  readonly peer_count: number;
}

/** `data` of `mining`: the node's `getmininginfo`. PROTOCOL.md §5.10. */
export interface MiningData {
  readonly blocks: number;
  readonly currentblockweight: number;
  readonly currentblocktx: number;
  readonly difficulty: ExactDecimal;
  readonly networkhashps: ExactDecimal | number;
  readonly hashespersec: ExactDecimal | number;
  readonly pooledtx: number;
  readonly chain: string;
  readonly warnings: string;
}

/** `data` of `gap`: what happened on the topic between two places is not known, and cannot be read again. */
export interface GapData {
  readonly topic: string;
  /** The last event before it; `null` when there was none. */
  readonly from: string | null;
  /** Where it ends; `null` when that is not known. */
  readonly to: string | null;
  /** `mempool_history` and `status_history`: the gateway's. `unresumable` and `no_cursor`: this client's own, see the guide. */
  readonly reason: string;
  readonly message: string;
}

/** `data` of `skipped`: events that were not sent because this client did not read its socket. PROTOCOL.md §4.6. */
export interface SkippedData {
  readonly topic: string;
  /** Cursor of the last event before them; `null` where there was none. Subscribe `from` it to get them after all. */
  readonly from: string | null;
  /** Where the subscription goes on; the event's own cursor too. */
  readonly to: string;
  readonly count: number;
  /** Whether `count` is exact, or there were at least so many. */
  readonly exact: boolean;
  /** `slow`. */
  readonly reason: string;
  readonly on_slow: SlowPolicy;
}
