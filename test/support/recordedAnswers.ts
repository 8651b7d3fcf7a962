import { readChain } from './recordedChain.js';
import type { RecordedChain, RecordedState } from './recordedChain.js';
import type { RecordedAnswer, Recording } from './recording.js';

/** An answer to send, as the node would print it with `"id":1`. */
export interface Answer {
  /** HTTP status of a single call; in a batch the status is always 200. */
  readonly status: number;
  readonly body: string;
  /** The call can be answered neither from the recording nor by what follows from it: a hole in the test, not the node's word. */
  readonly unrecorded?: true;
}

/** Answers calls as the recorded node would have after a step. */
export interface RecordedAnswers {
  readonly chain: RecordedChain;
  answer(stepIndex: number, method: string, params: readonly unknown[]): Answer;
}

/**
 * Answers come from the recording, newest body at or before the step. Byte-exact, but for what follows from the chain:
 *
 * - `getblock` and `getblockheader`: `confirmations` and `nextblockhash` are written as they are after this step (−1 and
 *   none for a block that is off the best chain). Bodies recorded in the step itself come out unchanged.
 * - `getblockhash`: by the best chain of the step.
 * - `getrawtransaction`: −5 for a transaction that was seen in the mempool and has left it. Of an older
 *   transaction `confirmations` and `spentTxId` stay as they were when it was recorded.
 * - `getrawtransaction` with verbosity 0: the `hex` of the recorded object; `getmempoolentry`: from `getrawmempool true`.
 */
export function createRecordedAnswers(recording: Recording): RecordedAnswers {
  const chain = readChain(recording);
  const history = new Map<string, { readonly stepIndex: number; readonly answer: RecordedAnswer }[]>();
  const methods = new Set(DERIVED_METHODS);
  for (const step of recording.steps) {
    for (const answer of step.answers) {
      const key = keyOf(answer.method, answer.params);
      history.set(key, [...(history.get(key) ?? []), { stepIndex: step.index, answer }]);
      if (answer.status !== 404) methods.add(answer.method);
    }
  }

  function newest(stepIndex: number, method: string, params: readonly unknown[]): RecordedAnswer | undefined {
    return history.get(keyOf(method, params))?.findLast((entry) => entry.stepIndex <= stepIndex)?.answer;
  }

  function blockAnswer(stepIndex: number, method: string, params: readonly unknown[]): Answer {
    const recorded = newest(stepIndex, method, params);
    if (!recorded) {
      // A verbosity that was not recorded is a hole; a block that is not there yet is the node's −5.
      return newest(stepIndex, 'getblockheader', params.slice(0, 1)) ? UNRECORDED : NOT_FOUND_BLOCK;
    }
    if (recorded.status !== 200) return recorded;
    return { status: 200, body: patchLinks(recorded.body, chain.stateAfter(stepIndex)) };
  }

  function blockHashAnswer(stepIndex: number, params: readonly unknown[]): Answer {
    const [height] = params;
    if (typeof height !== 'number') return newest(stepIndex, 'getblockhash', params) ?? UNRECORDED;
    const state = chain.stateAfter(stepIndex);
    if (height < 0 || height > state.tip.height) return errorAnswer(-8, 'Block height out of range');
    const hashHex = state.hashByHeight.get(height);
    return hashHex === undefined ? UNRECORDED : resultAnswer(`"${hashHex}"`);
  }

  function transactionAnswer(stepIndex: number, params: readonly unknown[]): Answer {
    const [txid, verbose] = params;
    const recorded = newest(stepIndex, 'getrawtransaction', [txid, 1]);
    if (recorded?.status !== 200) return recorded ?? NOT_FOUND_TRANSACTION;
    const isInBlock = BLOCKHASH_AT_END.test(recorded.body);
    const isInMempool = chain.stateAfter(stepIndex).mempool.includes(txid as string);
    if (!isInBlock && !isInMempool) return NOT_FOUND_TRANSACTION;
    if (verbose === 1) return recorded;
    const hex = TRANSACTION_HEX.exec(recorded.body)?.[1];
    return hex === undefined ? UNRECORDED : resultAnswer(`"${hex}"`);
  }

  function mempoolEntryAnswer(stepIndex: number, params: readonly unknown[]): Answer {
    const pool = newest(stepIndex, 'getrawmempool', [true]);
    // The entries hold no objects, so that each ends at the first closing brace.
    const entry = isHash(params[0])
      ? new RegExp(`"${params[0]}":(\\{[^}]*\\})`).exec(pool?.body ?? '')
      : null;
    return entry?.[1] === undefined ? errorAnswer(-5, 'Transaction not in mempool') : resultAnswer(entry[1]);
  }

  function answer(stepIndex: number, method: string, rawParams: readonly unknown[]): Answer {
    if (!methods.has(method)) return METHOD_NOT_FOUND;
    const params = normalise(method, rawParams);
    switch (method) {
      case 'getblock':
      case 'getblockheader':
        return blockAnswer(stepIndex, method, params);
      case 'getblockhash':
        return blockHashAnswer(stepIndex, params);
      case 'getrawtransaction':
        return transactionAnswer(stepIndex, params);
      case 'getmempoolentry':
        return mempoolEntryAnswer(stepIndex, params);
      default:
        return newest(stepIndex, method, params) ?? UNRECORDED;
    }
  }

  return { chain, answer };
}

const DERIVED_METHODS = [
  'getblock',
  'getblockheader',
  'getblockhash',
  'getrawtransaction',
  'getmempoolentry',
];

/** One spelling for params that mean the same to the node: what was left out takes its default. */
function normalise(method: string, params: readonly unknown[]): readonly unknown[] {
  const [first, second] = params;
  switch (method) {
    case 'getblockheader':
      return second === undefined || second === null || second === true ? [first] : params;
    case 'getblock':
      return [first, second === undefined || second === null ? 1 : second];
    case 'getrawtransaction':
      return [first, second === true || second === 1 ? 1 : 0];
    case 'getrawmempool':
      return first === true ? [true] : [];
    default:
      return params;
  }
}

function keyOf(method: string, params: readonly unknown[]): string {
  return method + JSON.stringify(normalise(method, params));
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

const BLOCK_HEAD = /^\{"result":\{"hash":"([0-9a-f]{64})","confirmations":(-?\d+),/;
const BLOCK_TAIL = /(,"nextblockhash":"[0-9a-f]{64}")?\},"error":null,"id":1\}\n$/;
const BLOCKHASH_AT_END =
  /"blockhash":"[0-9a-f]{64}","height":-?\d+,"confirmations":\d+[^{}]*\},"error":null,"id":1\}\n$/;
const TRANSACTION_HEX = /\],"hex":"([0-9a-f]+)"[^{}]*\},"error":null,"id":1\}\n$/;

/** Writes `confirmations` and `nextblockhash` of a block or header as they are in this state; every other byte stays. */
function patchLinks(body: string, state: RecordedState): string {
  const head = BLOCK_HEAD.exec(body);
  const heightText = /"height":(\d+),/.exec(body)?.[1];
  if (head?.[1] === undefined || heightText === undefined)
    throw new Error('a recorded block has another shape');
  const height = Number(heightText);
  const isActive = state.hashByHeight.get(height) === head[1];
  const confirmations = isActive ? state.tip.height - height + 1 : -1;
  const next = isActive ? state.hashByHeight.get(height + 1) : undefined;
  return body
    .replace(BLOCK_HEAD, `{"result":{"hash":"${head[1]}","confirmations":${confirmations},`)
    .replace(BLOCK_TAIL, `${next === undefined ? '' : `,"nextblockhash":"${next}"`}},"error":null,"id":1}\n`);
}

function resultAnswer(resultText: string): Answer {
  return { status: 200, body: `{"result":${resultText},"error":null,"id":1}\n` };
}

function errorAnswer(code: number, message: string, status = 500): Answer {
  const error = JSON.stringify({ code, message });
  return { status, body: `{"result":null,"error":${error},"id":1}\n` };
}

const NOT_FOUND_BLOCK = errorAnswer(-5, 'Block not found');
const NOT_FOUND_TRANSACTION = errorAnswer(
  -5,
  'No such mempool or blockchain transaction. Use gettransaction for wallet transactions.',
);
const METHOD_NOT_FOUND = errorAnswer(-32601, 'Method not found', 404);
const UNRECORDED: Answer = { ...errorAnswer(-32603, 'Not in the recording'), unrecorded: true };
