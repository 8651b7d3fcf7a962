/**
 * The topic large_blocks: blocks of more than 100 transactions.
 *
 *   npx evrmore-gateway serve --simulate --extension ./large_blocks.js
 *   npx evrmore-gateway watch large_blocks
 */
import { defineTopic } from 'evrmore-gateway';

const MORE_THAN = 100;

export default defineTopic({
  name: 'large_blocks',
  on: 'block',
  map({ type, data }) {
    // `reorg` has no block of its own. A block that leaves the chain is told as it came: nobody keeps one that is not there any more.
    if (type === 'reorg' || data.tx_count <= MORE_THAN) return undefined;
    const { hash, height, time, tx_count, size } = data;
    return { hash, height, time, tx_count, size, status: type === 'block' ? 'connected' : 'disconnected' };
  },
});
