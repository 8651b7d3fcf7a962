/** Why events of a topic cannot be told again. */
export interface GapReason {
  /** For programs. */
  readonly reason: 'mempool_history' | 'status_history';
  /** For people. */
  readonly message: string;
}

const MEMPOOL: GapReason = {
  reason: 'mempool_history',
  message:
    'what happened in the mempool before this point is not kept: forget what was unconfirmed; what is there now follows',
};
const PEERS: GapReason = {
  reason: 'status_history',
  message:
    "what became of the node's peers before this point is not kept: forget them; those that are there now follow",
};
const MINING: GapReason = {
  reason: 'status_history',
  message: "how the node's mining figures changed before this point is not kept: the present ones follow",
};

/** Why a topic has gaps: what it tells is in no block. */
export function gapReason(topic: string): GapReason {
  switch (topic) {
    case 'peers':
      return PEERS;
    case 'mining':
      return MINING;
    default:
      return MEMPOOL;
  }
}
