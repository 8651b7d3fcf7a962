import { assetOperations } from '../chain/assetOperations.js';
import type { NodeReader } from '../node/nodeReader.js';
import type { ChainPoint } from '../protocol/events.js';
import type { Topic } from '../protocol/topics.js';
import { BLOCK_READER_DEFAULTS } from './blockReader.js';
import { draftAssets, draftMempoolInfo, draftTransaction } from './drafts.js';
import { encodeEvent, type EncodeOptions } from './encodeEvent.js';
import type { EventDraft, LogEvent } from './eventLogTypes.js';

/**
 * The mempool as it stood when `txids` were tracked, as events for one who has just been told the chain up to `tip`. A
 * transaction that left meanwhile is left out: the log tells what became of it, after the position at which the txids were taken.
 */
export async function* readMempoolSnapshot(
  node: NodeReader,
  txids: readonly string[],
  tip: ChainPoint,
  topics: ReadonlySet<Topic>,
  encode: () => Omit<EncodeOptions, 'seq'>,
): AsyncGenerator<readonly LogEvent[]> {
  const encodeAll = (drafts: readonly EventDraft[]): readonly LogEvent[] => {
    const options = { ...encode(), seq: 0 };
    return drafts.map((draft) => encodeEvent(draft, options)).filter((event) => topics.has(event.topic));
  };
  if (topics.has('mempool')) yield encodeAll([draftMempoolInfo(await node.getMempoolInfo(), tip)]);
  if (!topics.has('transactions') && !topics.has('assets')) return;
  const change = { status: 'mempool' } as const;
  const place = { point: tip, stage: 'mempool', txIndex: 0 } as const;
  for (let start = 0; start < txids.length; start += BLOCK_READER_DEFAULTS.batchSize) {
    const records = await node.getTransactions(txids.slice(start, start + BLOCK_READER_DEFAULTS.batchSize));
    yield encodeAll(
      records.flatMap((record) =>
        record === undefined || record.blockHashHex !== undefined
          ? []
          : [
              draftTransaction(record, change, place),
              ...draftAssets(assetOperations(record.decoded), change, place),
            ],
      ),
    );
  }
}
