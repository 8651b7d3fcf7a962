/** The chains that a node can be on, by the word of `getblockchaininfo`. */
export const NETWORK_NAMES = ['main', 'test', 'regtest'] as const;

/** One of the chains. */
export type NetworkName = (typeof NETWORK_NAMES)[number];

/** What differs by network on the node's side. */
export interface Network {
  readonly name: NetworkName;
  /** `rpcport` where the configuration names none. */
  readonly rpcPort: number;
  /** Folder below the data directory that holds the chain and the cookie; empty for mainnet. */
  readonly folder: string;
}

/** The node's defaults (chainparamsbase.cpp). There is no default ZMQ port. */
export const NETWORKS: Readonly<Record<NetworkName, Network>> = {
  main: { name: 'main', rpcPort: 8819, folder: '' },
  test: { name: 'test', rpcPort: 18819, folder: 'testnet1' },
  regtest: { name: 'regtest', rpcPort: 18443, folder: 'regtest' },
};

/** Name of the configuration file, in the top data directory on every network. */
export const CONF_FILE_NAME = 'evrmore.conf';

/**
 * The data directory that the node uses when told none: `~/.evrmore`, macOS `~/Library/Application Support/Evrmore`, Windows
 * `%APPDATA%\Evrmore` (util.cpp, GetDefaultDataDir). `platform` is as `process.platform`.
 */
export function defaultDatadir(platform: string, env: Readonly<Record<string, string | undefined>>): string {
  if (platform === 'win32') return `${env['APPDATA'] ?? ''}\\Evrmore`;
  const home = (env['HOME'] ?? '').replace(/\/+$/, '');
  return platform === 'darwin' ? `${home}/Library/Application Support/Evrmore` : `${home}/.evrmore`;
}
