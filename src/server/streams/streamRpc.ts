import type { GatewayFigures, StreamRpc } from '../../extensions/defineStream.js';
import { createExtensionRpc } from '../../extensions/extensionRpc.js';
import type { RecentBlocks } from '../../extensions/recentBlocks.js';
import type { RpcClient } from '../../node/rpcTypes.js';
import type { Health } from '../../observe/healthTypes.js';
import { isReading } from '../commands/commandTable.js';

/** What streams are made of. */
export interface StreamRpcDeps {
  readonly rpc: RpcClient;
  readonly health: () => Health;
  readonly recentBlocks: Pick<RecentBlocks, 'newest'>;
}

/** What one run of a stream is given, which ends with `signal`; `deadlineMs` is the longest wait for an answer of the node. */
export function createStreamRpc(signal: AbortSignal, deadlineMs: number, deps: StreamRpcDeps): StreamRpc {
  return {
    ...createExtensionRpc(signal, { rpc: deps.rpc, isReading, deadlineMs }),
    gateway: () => gatewayFigures(deps.health()),
    recentBlocks: (count) => deps.recentBlocks.newest(count),
  };
}

/** What an extension may know of the gateway. */
function gatewayFigures({ clients, fresh, chain, tip }: Health): GatewayFigures {
  return {
    clients,
    isFresh: fresh,
    ...(chain === undefined ? {} : { chain }),
    ...(tip === undefined ? {} : { tip }),
  };
}
