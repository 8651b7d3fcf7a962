/** Why a command of the node is not on the list. */
export type Exposure =
  /** Anybody may call it, with any params. */
  | 'open'
  /** Anybody may call it, with the params that its guard takes. */
  | 'guarded'
  /** It only reads, but costs much, shows private data or is not safe against validation: off. */
  | 'off'
  /** It writes, controls, mines, blocks a worker, or belongs to the wallet. */
  | 'never';

const OPEN =
  'uptime getbestblockhash getblockchaininfo getblockcount getblockhash getblockheader getdifficulty getmempoolinfo ' +
  'getmempoolentry getchaintxstats verifymessage estimatesmartfee getmininginfo getconnectioncount getassetdata ' +
  'isvalidverifierstring';

const GUARDED =
  'getblock gettxout getrawmempool getrawtransaction decoderawtransaction validateaddress getnetworkhashps getnetworkinfo';

const OFF =
  'help ' +
  'decodeblock getblockdeltas getblockhashes getchaintips getmempoolancestors getmempooldescendants getspentinfo ' +
  'gettxoutproof verifytxoutproof ' +
  'decodescript createrawtransaction combinerawtransaction testmempoolaccept sendrawtransaction ' +
  'createmultisig estimatefee ' +
  'getpeerinfo getnettotals getaddednodeinfo listbanned ' +
  'getaddressbalance getaddressutxos getaddressdeltas getaddresstxids getaddressmempool ' +
  'listassets listassetbalancesbyaddress listaddressesbyasset getsnapshot getcacheinfo ' +
  'getverifierstring checkaddresstag checkaddressrestriction checkglobalrestriction listtagsforaddress ' +
  'listaddressesfortag listaddressrestrictions listglobalrestrictions ' +
  'viewallmessages viewallmessagechannels ' +
  'getsnapshotrequest listsnapshotrequests getdistributestatus ' +
  'getgenerate estimaterawfee';

const NEVER =
  'stop getinfo getmemoryinfo getrpcinfo ' +
  'gettxoutsetinfo verifychain clearmempool savemempool pruneblockchain preciousblock ' +
  'signrawtransaction fundrawtransaction signmessagewithprivkey ' +
  'getblocktemplate submitblock pprpcsb getevrprogpowhash prioritisetransaction ' +
  'ping addnode disconnectnode setban clearbanned setnetworkactive ' +
  'issue issueunique reissue transfer transferfromaddress transferfromaddresses listmyassets purgesnapshot ' +
  'addtagtoaddress removetagfromaddress freezeaddress unfreezeaddress freezerestrictedasset ' +
  'unfreezerestrictedasset issuequalifierasset issuerestrictedasset reissuerestrictedasset transferqualifier ' +
  'subscribetochannel unsubscribefromchannel sendmessage clearmessages viewmytaggedaddresses ' +
  'viewmyrestrictedaddresses ' +
  'requestsnapshot cancelsnapshotrequest distributereward ' +
  'generate generatetoaddress setgenerate ' +
  'waitfornewblock waitforblock waitforblockheight invalidateblock reconsiderblock setmocktime logging echo ' +
  'echojson resendwallettransactions ' +
  'abandontransaction abortrescan addmultisigaddress addwitnessaddress backupwallet bumpfee dumpprivkey ' +
  'dumpwallet encryptwallet getaccount getaccountaddress getaddressesbyaccount getbalance getmasterkeyinfo ' +
  'getmywords getnewaddress getrawchangeaddress getreceivedbyaccount getreceivedbyaddress gettransaction ' +
  'getunconfirmedbalance getwalletinfo importaddress importmulti importprivkey importprunedfunds importpubkey ' +
  'importwallet keypoolrefill listaccounts listaddressgroupings listlockunspent listreceivedbyaccount ' +
  'listreceivedbyaddress listsinceblock listtransactions listunspent listwallets lockunspent move ' +
  'removeprunedfunds rescanblockchain sendfrom sendfromaddress sendmany sendtoaddress setaccount settxfee ' +
  'signmessage walletlock walletpassphrase walletpassphrasechange';

/**
 * Every command of an Evrmore 1.0.5 node, 186 of them, by its exact name: an existing one that is not allowed is told apart from an
 * unknown word. A map, so that `constructor` is an unknown word.
 */
export const COMMANDS: ReadonlyMap<string, Exposure> = new Map([
  ...entries(OPEN, 'open'),
  ...entries(GUARDED, 'guarded'),
  ...entries(OFF, 'off'),
  ...entries(NEVER, 'never'),
]);

/** Of those that are off, what does not only read. */
const NOT_READING: readonly string[] = ['sendrawtransaction'];

/** Whether a command only reads, whoever may call it. */
export function isReading(command: string): boolean {
  const exposure = COMMANDS.get(command);
  return exposure !== undefined && exposure !== 'never' && !NOT_READING.includes(command);
}

/** The commands that anybody may call, in alphabetical order, for messages and help. */
export const ALLOWED_COMMANDS: readonly string[] = [...COMMANDS]
  .filter(([, exposure]) => exposure === 'open' || exposure === 'guarded')
  .map(([name]) => name)
  .sort();

function entries(names: string, exposure: Exposure): [string, Exposure][] {
  return names.split(' ').map((name) => [name, exposure]);
}
