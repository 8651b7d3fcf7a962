import { forkWorker } from './children.mjs';

/**
 * A node that feeds the gateway quickly, in a process of its own: `burst` is a block of many transactions, `paced` is one after the
 * other for the mempool. Each makes one `transaction` event of about `bytes` bytes.
 *
 * @param {{ bytes: number }} options
 */
export async function startFeedNode({ bytes }) {
  const worker = forkWorker(new URL('./feedNodeProcess.mjs', import.meta.url));
  const { rpcUrl, zmqAddress } = await worker.call('start', { bytes });
  return {
    rpcUrl,
    zmqAddress,
    burst: (count) => worker.call('burst', { count }),
    blocks: (count) => worker.call('blocks', { count }),
    paced: (count, perSecond) => worker.call('paced', { count, perSecond }),
    stop: () => worker.stop(),
  };
}
