/**
 * The topic asset_transfers: who sends which asset to whom.
 *
 *   npx evrmore-gateway serve --simulate --extension ./asset_transfers.js
 *   npx evrmore-gateway watch asset_transfers
 */
import { defineTopic, exactNumber } from 'evrmore-gateway';

/** Inputs that the node is asked about. A transfer has few; of one with more, some senders may be missing. */
const MAX_INPUTS = 20;

export default defineTopic({
  name: 'asset_transfers',
  on: 'asset',
  async map({ data, transaction }, rpc) {
    if (data.type !== 'transfer') return undefined;
    const { txid, vout, asset, amount, address, status, height } = data;
    return {
      txid,
      vout,
      asset,
      // The node's digits: a double would round the longest ones.
      amount: exactNumber(amount),
      from: await sendersOf(transaction?.inputs ?? [], asset, rpc),
      to: address,
      status,
      height,
    };
  },
});

/** The addresses that held the asset before, each once; none where the node cannot say. */
async function sendersOf(inputs, asset, rpc) {
  const holders = await Promise.all(
    inputs.slice(0, MAX_INPUTS).map(async ({ txid, vout, spent }) => {
      // Of an output that the gateway has seen itself, it knows the asset; of others only the node can say.
      if (spent?.asset !== undefined) return spent.asset === asset ? spent.addresses : [];
      const output = await readOutput(txid, vout, rpc);
      return output?.scriptPubKey.asset?.name === asset ? output.scriptPubKey.addresses : [];
    }),
  );
  return [...new Set(holders.flat())];
}

async function readOutput(txid, vout, rpc) {
  try {
    const { vout: outputs } = await rpc.call('getrawtransaction', [txid, true]);
    return outputs.find(({ n }) => n === vout);
  } catch (error) {
    // A node without -txindex does not find every transaction: then the sender is not known. All else is a failure, and told as one.
    if (error.code === 'GW_ERR_RPC_REPLY') return undefined;
    throw error;
  }
}
