import { answersOf, resultOf } from './recording.js';
import type { Recording, RecordedStep } from './recording.js';

/** What is read of a recorded block or header. */
export interface RecordedBlock {
  readonly hashHex: string;
  readonly height: number;
  readonly previousHashHex: string | undefined;
  /** In block order; `undefined` where the recording holds the header alone. */
  readonly txids: readonly string[] | undefined;
}

/** The chain and the mempool as the node had them after one step. */
export interface RecordedState {
  readonly tip: RecordedBlock;
  /** Every block of the best chain that the recording knows, by height. Heights may be missing below the first one recorded. */
  readonly hashByHeight: ReadonlyMap<number, string>;
  /** Txids, in the node's order. */
  readonly mempool: readonly string[];
}

/** What a recording says of the chain, step by step. */
export interface RecordedChain {
  /** Every block that was recorded in any step. */
  readonly blocks: ReadonlyMap<string, RecordedBlock>;
  /** The state after a step from {@link Recording.startIndex} on; a step that recorded none has the state before it. */
  stateAfter(stepIndex: number): RecordedState;
  /** Best-chain blocks from the tip down to the first one recorded, newest first, without gaps. */
  walkDown(stepIndex: number): readonly RecordedBlock[];
}

/** Reads the chain of a recording: this is the model that tests compare with, and knows nothing of the gateway. */
export function readChain(recording: Recording): RecordedChain {
  const blocks = new Map<string, RecordedBlock>();
  for (const step of recording.steps) addBlocks(step, blocks);
  const states = new Map<number, RecordedState>();

  function walkFrom(tipHashHex: string): readonly RecordedBlock[] {
    const walked: RecordedBlock[] = [];
    for (let block = blocks.get(tipHashHex); block; block = blocks.get(block.previousHashHex ?? '')) {
      walked.push(block);
    }
    return walked;
  }

  function readState(stepIndex: number): RecordedState {
    const step = recording.steps[stepIndex];
    if (!step || stepIndex < recording.startIndex) throw new Error(`no state after step ${stepIndex}`);
    const best = answersOf(step, 'getbestblockhash')[0];
    if (!best) return stateAfter(stepIndex - 1);
    const walked = walkFrom(resultOf(best) as string);
    const tip = walked[0];
    if (!tip) throw new Error(`the tip of step ${stepIndex} has no recorded header`);
    const hashByHeight = new Map(walked.map((block) => [block.height, block.hashHex]));
    // Genesis is below every tip, whether or not what is between was recorded.
    const genesis = [...blocks.values()].find((block) => block.height === 0);
    if (genesis) hashByHeight.set(0, genesis.hashHex);
    const pool = answersOf(step, 'getrawmempool').find((answer) => answer.params.length === 0);
    return { tip, hashByHeight, mempool: pool ? (resultOf(pool) as string[]) : [] };
  }

  function stateAfter(stepIndex: number): RecordedState {
    const known = states.get(stepIndex);
    if (known) return known;
    const state = readState(stepIndex);
    states.set(stepIndex, state);
    return state;
  }

  return { blocks, stateAfter, walkDown: (stepIndex) => walkFrom(stateAfter(stepIndex).tip.hashHex) };
}

interface BlockResult {
  readonly hash: string;
  readonly height: number;
  readonly previousblockhash?: string;
  readonly tx?: readonly string[];
}

function addBlocks(step: RecordedStep, blocks: Map<string, RecordedBlock>): void {
  for (const answer of [...answersOf(step, 'getblockheader'), ...answersOf(step, 'getblock')]) {
    // Verbosity 2 says nothing here that 1 does not.
    if (answer.status !== 200 || answer.params[1] === 2) continue;
    const result = resultOf(answer) as BlockResult;
    blocks.set(result.hash, {
      hashHex: result.hash,
      height: result.height,
      previousHashHex: result.previousblockhash,
      txids: result.tx ?? blocks.get(result.hash)?.txids,
    });
  }
}
