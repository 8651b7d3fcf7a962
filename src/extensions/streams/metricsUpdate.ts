import { defineStream, type StreamDefinition } from '../defineStream.js';
import { exactNumber } from '../exactNumber.js';

/** What ZION's subscribers are sent at intervals; the type of the message. */
export const METRICS_UPDATE = 'metrics_update';

/** ZION's `metrics_update`: the state of the node, of its mining, and of the gateway. Figures of the node keep its digits. */
export function metricsUpdate({ everyMs }: { readonly everyMs: number }): StreamDefinition {
  return defineStream({
    name: METRICS_UPDATE,
    everyMs,
    async fetch(rpc) {
      const [peerCount, mempool, mining] = await Promise.all([
        rpc.call('getconnectioncount'),
        rpc.call('getmempoolinfo'),
        rpc.call('getmininginfo'),
      ]);
      const { size, bytes } = mempool as Readonly<Record<string, unknown>>;
      const info = mining as Readonly<Record<string, unknown>>;
      return {
        chain: info['chain'],
        block_height: info['blocks'],
        peer_count: peerCount,
        mempool: { size, bytes },
        connected_clients: rpc.gateway().clients,
        mining: {
          blocks: info['blocks'],
          difficulty: figure(info['difficulty']),
          networkhashps: figure(info['networkhashps']),
          hashespersec: figure(info['hashespersec']),
          pooledtx: info['pooledtx'],
        },
      };
    },
  });
}

/** A number of the node, which comes as text where it has a point or many digits. */
function figure(value: unknown): unknown {
  return typeof value === 'string' ? exactNumber(value) : value;
}
