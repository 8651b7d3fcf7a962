import type { Request } from '../../protocol/request.js';
import { GATEWAY_METHODS } from '../commands/gatewayMethodNames.js';

/** Characters of a message, and bytes of an answer, that make one more unit of cost. */
export const MESSAGE_CHARS_PER_UNIT = 4096;
export const ANSWER_BYTES_PER_UNIT = 16_384;

/** What commands cost, in units; one that the node answers from its memory costs 1. */
export const COMMAND_COSTS: ReadonlyMap<number, string> = new Map([
  [
    1,
    'uptime getbestblockhash getblockcount getblockhash getdifficulty getmempoolinfo getmempoolentry getconnectioncount ' +
      'getmininginfo getnetworkinfo getblockchaininfo validateaddress estimatesmartfee isvalidverifierstring',
  ],
  [2, 'getblockheader gettxout getassetdata verifymessage decoderawtransaction getrawtransaction'],
  [5, 'getrawmempool getchaintxstats getnetworkhashps'],
  [10, 'getblock'],
]);

/** What a command costs that stands in none of the lists: those that an operator has to allow. */
export const OTHER_COMMAND_COST = 20;
/** A method that the gateway answers itself. */
const METHOD_COST = 1;
/** A subscription from the past makes the node read blocks. */
export const HISTORY_COST = 20;
/** A token has to be checked, and guessing one is to be slow. */
export const AUTHENTICATE_COST = 10;

const BY_COMMAND: ReadonlyMap<string, number> = new Map(
  [...COMMAND_COSTS].flatMap(([cost, names]) => names.split(' ').map((name) => [name, cost] as const)),
);

/** What a message costs before its answer is known. `chars` is its length; in a batch, that of the whole counts once. */
export function requestCost(request: Request, chars: number): number {
  return kindCost(request) + Math.floor(chars / MESSAGE_CHARS_PER_UNIT);
}

/** What an answer costs beside its question. */
export function answerCost(bytes: number): number {
  return Math.floor(bytes / ANSWER_BYTES_PER_UNIT);
}

function kindCost(request: Request): number {
  switch (request.type) {
    case 'command':
      if (GATEWAY_METHODS.some((name) => name === request.command)) return METHOD_COST;
      return BY_COMMAND.get(request.command) ?? OTHER_COMMAND_COST;
    case 'subscribe':
      return request.fromJson === undefined ? 1 : HISTORY_COST;
    case 'authenticate':
      return AUTHENTICATE_COST;
    default:
      return 1;
  }
}
