import { splitRpcUrl } from './config/resolveNode.js';
import type { StartGatewayOptions } from './gatewayTypes.js';
import { createFixedCredentials, type CredentialSource } from './node/credentials.js';

/** Where the node is, and how it is asked. */
export interface NodeAccess {
  readonly rpcUrl: string;
  readonly credentials: CredentialSource;
  readonly zmqAddresses: readonly string[];
  readonly network?: string;
  readonly simulated: boolean;
}

/** A real node as it is named, or the simulated one, whose URL carries its credentials. */
export function nodeOf(node: StartGatewayOptions['node']): NodeAccess {
  if ('rpcUrl' in node) return { ...node, simulated: false };
  const { url, credentials } = splitRpcUrl(node.simulated.rpcUrl);
  return {
    rpcUrl: url,
    credentials: createFixedCredentials(credentials ?? { user: '', password: '' }),
    zmqAddresses: node.simulated.zmqAddresses,
    simulated: true,
  };
}
