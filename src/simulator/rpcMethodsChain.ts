import { DIFFICULTY, formatBlock, formatHeader, formatWork } from './formatBlock.js';
import { toHex } from './hashing.js';
import { JsonNumber, jsonArray, jsonObject, jsonString } from './jsonText.js';
import {
  booleanParam,
  integerParam,
  method,
  RpcError,
  textParam,
  type MethodTable,
  type NodeView,
  type Params,
} from './rpcMethod.js';
import { blockHex, type SimulatedBlock } from './simulatedBlock.js';

function verbosity(params: Params): number {
  const value = params[1];
  return typeof value === 'boolean' || !(value instanceof JsonNumber)
    ? booleanParam(params, 1, true)
      ? 1
      : 0
    : integerParam(params, 1);
}

/** Blocks, headers and the state of the chain. */
export function chainMethods(node: NodeView): MethodTable {
  const ledger = () => node.world().ledger;
  const chain = () => ledger().chain;
  /** Hashes are read leniently: what is none is not found. */
  const blockParam = (params: Params, index: number): SimulatedBlock => {
    const block = chain().get(textParam(params, index).toLowerCase());
    if (block === undefined) throw new RpcError(-5, 'Block not found');
    return block;
  };
  const tipJson = (): string => {
    const tip = chain().tip();
    return `{"hash":"${tip.hashHex}","height":${tip.height}}`;
  };
  const wait = async (timeoutMs: number, isReached: () => boolean): Promise<string> => {
    const endMs = timeoutMs === 0 ? Infinity : performance.now() + timeoutMs;
    while (!isReached()) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) break;
      await node.waitForTip(endMs === Infinity ? 0 : leftMs);
    }
    return tipJson();
  };
  const chainTips = (): string => {
    const tip = chain().tip();
    const others = chain()
      .leaves()
      .filter((leaf) => leaf !== tip);
    const tips = [tip, ...others].sort((a, b) => b.height - a.height);
    return jsonArray(
      tips.map((one) => {
        const status = one === tip ? 'active' : chain().isInvalid(one) ? 'invalid' : 'valid-fork';
        const branch = one.height - chain().fork(one).height;
        return `{"height":${one.height},"hash":"${one.hashHex}","branchlen":${branch},"status":"${status}"}`;
      }),
    );
  };
  const info = (): string => {
    const tip = chain().tip();
    const pruned = node.prunedBelow() > 0;
    const headers = Math.max(chain().highestHeight(), tip.height + node.headersAhead());
    return jsonObject([
      ['chain', '"regtest"'],
      ['blocks', String(tip.height)],
      ['headers', String(headers)],
      ['bestblockhash', `"${tip.hashHex}"`],
      ['difficulty', DIFFICULTY],
      ['difficulty_algorithm', '"DGW-180"'],
      ['mediantime', String(tip.medianTimeSeconds)],
      ['verificationprogress', node.inInitialSync() ? String((tip.height + 1) / (headers + 1)) : '1'],
      ['chainwork', formatWork(tip.chainWork)],
      ['size_on_disk', String(1_500_000 + 313 * tip.height)],
      ['pruned', String(pruned)],
      ['pruneheight', pruned ? String(node.prunedBelow()) : undefined],
      ['automatic_pruning', pruned ? 'false' : undefined],
      ['softforks', '[]'],
      ['bip9_softforks', '{}'],
      ['warnings', '""'],
    ]);
  };
  const txStats = (params: Params): string => {
    const last = params[1] === undefined ? chain().tip() : blockParam(params, 1);
    const count = integerParam(params, 0, Math.min(720, Math.max(0, last.height - 1)));
    if (count < 0 || count >= Math.max(1, last.height)) {
      throw new RpcError(-8, "Invalid block count: should be between 0 and the block's height - 1");
    }
    const sum = (from: number): number => {
      let total = 0;
      for (let height = from; height <= last.height; height++)
        total += chain().at(height)?.transactions.length ?? 0;
      return total;
    };
    const windowed = sum(last.height - count + 1);
    const seconds = last.medianTimeSeconds - (chain().at(last.height - count)?.medianTimeSeconds ?? 0);
    return jsonObject([
      ['time', String(last.timeSeconds)],
      ['txcount', String(sum(0))],
      ['window_block_count', String(count)],
      ['window_tx_count', count > 0 ? String(windowed) : undefined],
      ['window_interval', count > 0 ? String(seconds) : undefined],
      ['txrate', count > 0 && seconds > 0 ? String(windowed / seconds) : undefined],
    ]);
  };

  return {
    getbestblockhash: method([], 0, () => `"${chain().tip().hashHex}"`),
    getblockcount: method([], 0, () => String(chain().tip().height)),
    getblockhash: method(['height'], 1, (params) => {
      const block = chain().at(integerParam(params, 0));
      if (block === undefined) throw new RpcError(-8, 'Block height out of range');
      return `"${block.hashHex}"`;
    }),
    getblockheader: method(['blockhash', 'verbose'], 1, (params) => {
      const block = blockParam(params, 0);
      return booleanParam(params, 1, true) ? formatHeader(block, chain()) : `"${toHex(block.headerBytes)}"`;
    }),
    getblock: method(['blockhash', 'verbosity'], 1, (params) => {
      const block = blockParam(params, 0);
      if (block.height > 0 && block.height < node.prunedBelow()) {
        throw new RpcError(-1, 'Block not available (pruned data)');
      }
      const level = verbosity(params);
      return level <= 0 ? `"${blockHex(block)}"` : formatBlock(block, chain(), level >= 2);
    }),
    getblockchaininfo: method([], 0, info),
    getchaintips: method([], 0, chainTips),
    getdifficulty: method([], 0, () => DIFFICULTY),
    getchaintxstats: method(['nblocks', 'blockhash'], 0, txStats),
    waitfornewblock: method(['timeout'], 0, (params) => {
      const before = chain().tip();
      return wait(integerParam(params, 0, 0), () => chain().tip() !== before);
    }),
    waitforblock: method(['blockhash', 'timeout'], 1, (params) => {
      const hashHex = textParam(params, 0);
      return wait(integerParam(params, 1, 0), () => chain().tip().hashHex === hashHex);
    }),
    waitforblockheight: method(['height', 'timeout'], 1, (params) => {
      const height = integerParam(params, 0);
      return wait(integerParam(params, 1, 0), () => chain().tip().height >= height);
    }),
    invalidateblock: method(['blockhash'], 1, async (params) => {
      await node.control.invalidateBlock(blockParam(params, 0).hashHex);
      return 'null';
    }),
    reconsiderblock: method(['blockhash'], 1, async (params) => {
      await node.control.reconsiderBlock(blockParam(params, 0).hashHex);
      return 'null';
    }),
    generate: method(['nblocks', 'maxtries'], 1, async (params) =>
      jsonArray((await node.control.mine(integerParam(params, 0))).map(jsonString)),
    ),
    generatetoaddress: method(['nblocks', 'address', 'maxtries'], 2, async (params) => {
      const options = { address: textParam(params, 1) };
      return jsonArray((await node.control.mine(integerParam(params, 0), options)).map(jsonString));
    }),
  };
}
