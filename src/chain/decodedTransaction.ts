/**
 * A number of the node's JSON, read without loss: a number where that is exact (small integers), otherwise the node's
 * digits as a string.
 */
export type NodeNumber = string | number;

/** `scriptPubKey.asset` of a decoded output. */
export interface DecodedAsset {
  readonly name: string;
  /** 8 decimals always. */
  readonly amount: NodeNumber;
  readonly units?: NodeNumber;
  /** 0 or 1: the node prints booleans so here. */
  readonly reissuable?: NodeNumber | boolean;
  readonly ipfs_hash?: string;
  readonly message?: string;
  /** Seconds since the Unix epoch for a transfer; on every other output the node's uninitialised memory. */
  readonly expire_time?: NodeNumber;
}

/** `scriptPubKey.asset_data` of a decoded output: an address is tagged or frozen, or no longer so. */
export interface DecodedAssetData {
  readonly asset_name: string;
  /** `adding qualifier` or `removing qualifier`. */
  readonly qualifier_type?: string;
  /** `freezing address` or `unfreezing address`. */
  readonly restricted_type?: string;
  readonly address: string;
}

/** `scriptPubKey` of a decoded output. */
export interface DecodedScript {
  readonly type: string;
  readonly hex: string;
  /** Absent for scripts that pay nobody. */
  readonly addresses?: readonly string[];
  readonly asset?: DecodedAsset;
  readonly asset_data?: DecodedAssetData;
}

/** One output of a decoded transaction. */
export interface DecodedOutput {
  readonly n: number;
  /** EVR. */
  readonly value: NodeNumber;
  readonly scriptPubKey: DecodedScript;
}

/** One input of a decoded transaction: of a coinbase, without `txid` and `vout`. */
export interface DecodedInput {
  readonly coinbase?: string;
  readonly txid?: string;
  readonly vout?: number;
  /** EVR of the output that is spent, 0 for one that holds an asset; only of a node with `-spentindex`. */
  readonly value?: NodeNumber;
  /** Who was paid with it, where the node can tell; only of a node with `-spentindex`. */
  readonly address?: string;
}

/**
 * The members of the node's verbose transaction (`getrawtransaction`, `getblock` verbosity 2) that the gateway reads; it
 * has more.
 */
export interface DecodedTransaction {
  readonly txid: string;
  readonly vin: readonly DecodedInput[];
  readonly vout: readonly DecodedOutput[];
}
