import type { NodeReader } from '../node/nodeReaderTypes.js';
import type { ChainPoint } from '../protocol/events.js';
import { GatewayError } from '../protocol/gatewayError.js';

/** Which chain is followed. */
export interface ChainIdentity {
  /** The node's word: `main`, `test` or `regtest`. */
  readonly chain: string;
  readonly genesisHashHex: string;
}

/** What the node turned out to be. */
export type IdentifyResult =
  | { readonly type: 'identified'; readonly identity: ChainIdentity; readonly tip: ChainPoint }
  | {
      readonly type: 'wrong_chain';
      readonly wanted: string;
      readonly found: string;
      readonly error: GatewayError;
    };

/**
 * Asks the node which chain it is on, and compares it with the chain that was followed so far, or else with the network that
 * the user named.
 */
export async function identifyChain(
  node: NodeReader,
  known: ChainIdentity | undefined,
  network: string | undefined,
): Promise<IdentifyResult> {
  const info = await node.getChainInfo();
  if (network !== undefined && info.chain !== network) {
    return wrongChain(
      network,
      info.chain,
      'Start the gateway with the right --network, or point it at another node.',
      false,
    );
  }
  const genesisHashHex = (await node.getBlockHash(0)) ?? '';
  if (known !== undefined && (known.genesisHashHex !== genesisHashHex || known.chain !== info.chain)) {
    return wrongChain(
      `${known.chain} (genesis ${known.genesisHashHex})`,
      `${info.chain} (genesis ${genesisHashHex})`,
      'The node behind the address was changed while the gateway ran. Bring the first one back, or start the gateway again.',
      true,
    );
  }
  return { type: 'identified', identity: { chain: info.chain, genesisHashHex }, tip: info.tip };
}

function wrongChain(wanted: string, found: string, advice: string, retryable: boolean): IdentifyResult {
  return {
    type: 'wrong_chain',
    wanted,
    found,
    error: new GatewayError(`the node is on chain ${found}, not on ${wanted}. ${advice}`, {
      code: 'GW_ERR_WRONG_CHAIN',
      retryable,
    }),
  };
}
