import { COMMANDS } from '../commands/commandTable.js';

/** The switch of a command of its own: it relays what a client sends to the whole network. */
export const RELAY_COMMAND = 'sendrawtransaction';

/** Commands that read and are off for strangers, by the node's own categories. */
const READING: Readonly<Record<string, string>> = {
  '@blockchain':
    'decodeblock getblockdeltas getblockhashes getchaintips getmempoolancestors getmempooldescendants getspentinfo gettxoutproof verifytxoutproof',
  '@rawtransactions': 'decodescript createrawtransaction combinerawtransaction testmempoolaccept',
  '@util': 'createmultisig estimatefee estimaterawfee help',
  '@network': 'getpeerinfo getnettotals getaddednodeinfo listbanned',
  '@addressindex': 'getaddressbalance getaddressutxos getaddressdeltas getaddresstxids getaddressmempool',
  '@assets':
    'listassets listassetbalancesbyaddress listaddressesbyasset getsnapshot getcacheinfo getsnapshotrequest listsnapshotrequests getdistributestatus',
  '@restricted':
    'getverifierstring checkaddresstag checkaddressrestriction checkglobalrestriction listtagsforaddress listaddressesfortag listaddressrestrictions listglobalrestrictions',
  '@messages': 'viewallmessages viewallmessagechannels',
};

const DEFAULT_GROUP = '@default';

/**
 * Commands that may be allowed together. `@default` is what strangers may call; the others add what only reads, but costs much or
 * shows private data. What writes, mines, blocks, controls the node or belongs to the wallet is in no group.
 */
export const COMMAND_GROUPS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    DEFAULT_GROUP,
    [...COMMANDS]
      .filter(([, exposure]) => exposure === 'open' || exposure === 'guarded')
      .map(([name]) => name),
  ],
  ...Object.entries(READING).map(([group, names]): [string, readonly string[]] => [group, names.split(' ')]),
]);

/** The commands that a name stands for: a group's, or the one of that name; absent when there is neither. */
export function commandsNamed(name: string): readonly string[] | undefined {
  if (name.startsWith('@')) return COMMAND_GROUPS.get(name);
  return COMMANDS.has(name) ? [name] : undefined;
}
