import type { Settings } from '../config/settings.js';
import type { ResolvedNode } from '../config/resolveNode.js';

/** What the lines at the start are made from. */
export interface BannerFacts {
  readonly version: string;
  readonly settings: Settings;
  /** The node that is followed; absent for the simulated one. */
  readonly node?: Pick<ResolvedNode, 'rpcUrl' | 'zmqAddresses'>;
  /** Where the gateway listens: `ws://host:port`. */
  readonly url: string;
  /** Where it takes HTTP besides; absent: nowhere else. */
  readonly httpUrl?: string | undefined;
  /** How this program is called: `node dist/main.js`. */
  readonly program: string;
}

/** What `serve` tells a person when it is up: from what it serves, where, and one line that shows messages arriving. */
export function formatBanner({ version, settings, node, url, httpUrl, program }: BannerFacts): string {
  const near = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  const flag = near === 'ws://127.0.0.1:8765' ? '' : ` --url ${near}`;
  return [
    `evrmore-gateway ${version}`,
    node === undefined
      ? `Serving from the built-in SIMULATED node: its blocks, transactions and assets are made up (seed ${settings.simSeed}).`
      : `Serving from the node at ${node.rpcUrl} (${describeZmq(node.zmqAddresses)}).`,
    `  WebSocket   ${url}`,
    ...(httpUrl === undefined ? [] : [`  HTTP        ${httpUrl}/`]),
    `  In a browser ${near.replace(/^ws/, 'http')}/`,
    'See messages arrive, in another terminal:',
    `  ${program} watch all${flag}`,
    '',
  ].join('\n');
}

function describeZmq(addresses: readonly string[]): string {
  return addresses.length === 0 ? 'no ZMQ notices: it is polled' : `notices from ${addresses.join(', ')}`;
}
