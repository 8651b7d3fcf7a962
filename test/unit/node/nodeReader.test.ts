import { expect, test } from 'vitest';
import { createNodeReader } from '../../../src/node/nodeReader.js';
import type { NodeReader } from '../../../src/node/nodeReaderTypes.js';
import { RpcReplyError, type RpcCall, type RpcClient, type RpcOutcome } from '../../../src/node/rpcTypes.js';

/** A client with this outcome of each call. */
function clientOf(outcomeOf: (call: RpcCall) => RpcOutcome): RpcClient {
  return {
    call: (method, params) => {
      const outcome = outcomeOf({ method, params });
      return outcome.type === 'result' ? Promise.resolve(outcome.result) : Promise.reject(outcome.error);
    },
    batch: (calls) => Promise.resolve(calls.map(outcomeOf)),
    load: () => ({ waiting: 0, inFlight: 0, slots: 4 }),
    close: () => Promise.resolve(),
  };
}

/** Reads from a client that answers each method with a text, or refuses it with a code. */
function readerOf(answers: Readonly<Record<string, string | number>>): {
  reader: NodeReader;
  asked: string[];
} {
  const asked: string[] = [];
  const outcomeOf = ({ method, params }: RpcCall): RpcOutcome => {
    asked.push(`${method} ${JSON.stringify(params)}`);
    const answer = answers[method] ?? -32601;
    return typeof answer === 'number'
      ? { type: 'error', error: new RpcReplyError(answer, 'refused', method) }
      : { type: 'result', result: Buffer.from(answer) };
  };
  return { reader: createNodeReader(clientOf(outcomeOf), 'live'), asked };
}

const BLOCK =
  '{"hash":"bb","confirmations":1,"height":7,"difficulty":4.656542373906925e-10,"tx":["aa"],"previousblockhash":"b6","nonce64":18446744073709551615}';

test('a block keeps the bytes that the node printed', async () => {
  const { reader, asked } = readerOf({ getblock: BLOCK });
  const block = await reader.getBlock('bb');
  expect(asked).toEqual(['getblock ["bb",1]']);
  expect(block).toMatchObject({ hashHex: 'bb', height: 7, previousHashHex: 'b6', txids: ['aa'] });
  expect(block?.json.toString()).toBe(BLOCK);
});

test('genesis has no parent', async () => {
  const { reader } = readerOf({ getblock: '{"hash":"g","height":0,"tx":[]}' });
  expect(await reader.getBlock('g')).not.toHaveProperty('previousHashHex');
});

test.each([-5, -1])('a block that the node refuses with %s is not there', async (code) => {
  const { reader } = readerOf({ getblock: code, getbestblockhash: '"bb"' });
  expect(await reader.getBlock('bb')).toBeUndefined();
  expect(await reader.getBlockTransactions('bb')).toBeUndefined();
  expect(await reader.getTipAndBlock('bb')).toEqual({ bestHashHex: 'bb', block: undefined, records: [] });
});

test('a refusal that does not mean absence is a failure', async () => {
  const { reader } = readerOf({
    getblock: -32603,
    getblockhash: -5,
    getblockheader: -1,
    getrawtransaction: -8,
  });
  await expect(reader.getBlock('bb')).rejects.toBeInstanceOf(RpcReplyError);
  await expect(reader.getBlockHash(7)).rejects.toBeInstanceOf(RpcReplyError);
  await expect(reader.getHeaders(['bb'])).rejects.toBeInstanceOf(RpcReplyError);
  await expect(reader.getTransactions(['aa'])).rejects.toBeInstanceOf(RpcReplyError);
});

test('a height above the tip has no block', async () => {
  const { reader } = readerOf({ getblockhash: -8 });
  expect(await reader.getBlockHash(99)).toBeUndefined();
});

test('headers come in one batch, in order, with a hole for each that is not known', async () => {
  const { reader } = readerOf({ getblockheader: -5 });
  expect(await reader.getHeaders(['aa', 'bb'])).toEqual([undefined, undefined]);
  const known = readerOf({
    getblockheader: '{"hash":"bb","confirmations":-1,"height":7,"previousblockhash":"b6"}',
  });
  expect(await known.reader.getHeaders(['bb'])).toEqual([
    { hashHex: 'bb', height: 7, previousHashHex: 'b6', confirmations: -1 },
  ]);
});

const TRANSACTION =
  '{"txid":"aa","vin":[{"txid":"cc","vout":1}],"vout":[{"value":21000000000.00000000,"n":0,"scriptPubKey":{"type":"nulldata","hex":""}}]';

test('a transaction says where it is, and its digits are kept', async () => {
  const json = `${TRANSACTION},"blockhash":"bb","height":-1}`;
  const { reader } = readerOf({ getrawtransaction: json, getbestblockhash: '"b9"' });
  const [record] = await reader.getTransactions(['aa']);
  expect(record).toMatchObject({ blockHashHex: 'bb', height: -1 });
  expect(record?.json.toString()).toBe(json);
  expect(record?.decoded.vout[0]?.value).toBe('21000000000.00000000');
  expect(await reader.getTransactionsAndTip(['aa'])).toEqual({ records: [record], bestHashHex: 'b9' });
});

test('a transaction of the mempool names no block', async () => {
  const { reader } = readerOf({ getrawtransaction: `${TRANSACTION}}` });
  const [record] = await reader.getTransactions(['aa']);
  expect(record).toMatchObject({ blockHashHex: undefined, height: undefined });
});

test('the transactions of a block are cut out of it byte for byte', async () => {
  const first = `${TRANSACTION},"note":"]},{\\"tx\\":["}`;
  const second = `${TRANSACTION},"list":[[1,2],[]]}`;
  const { reader, asked } = readerOf({
    getblock: `{"hash":"bb","height":7,"tx":[${first},${second}],"size":1}`,
  });
  const records = await reader.getBlockTransactions('bb');
  expect(asked).toEqual(['getblock ["bb",2]']);
  expect(records?.map(({ json }) => json.toString())).toEqual([first, second]);
  expect(records?.[1]).toMatchObject({ blockHashHex: 'bb', height: 7, isFromBlock: true });
});

test('the mempool comes with the tip, which is asked for after it', async () => {
  const { reader, asked } = readerOf({
    getrawmempool: '["aa","bb"]',
    getbestblockhash: '"b9"',
  });
  expect(await reader.getMempool()).toEqual({ txids: ['aa', 'bb'], bestHashHex: 'b9' });
  expect(asked).toEqual(['getrawmempool []', 'getbestblockhash []']);
});

test('a node without a transaction index is asked for transactions of the mempool alone, whose search is short', async () => {
  const asked: string[] = [];
  let hasIndex = false;
  const outcomeOf = ({ method, params }: RpcCall): RpcOutcome => {
    const [txid] = params as readonly string[];
    asked.push(`${method} ${String(txid).slice(0, 4)}`);
    if (txid === 'aa' || (txid === 'bb' && hasIndex && method === 'getrawtransaction'))
      return { type: 'result', result: Buffer.from(`{"txid":"${txid}","vin":[],"vout":[]}`) };
    const message = hasIndex
      ? 'No such mempool or blockchain transaction.'
      : 'No such mempool transaction. Use -txindex to …';
    return { type: 'error', error: new RpcReplyError(-5, message, method) };
  };
  const reader = createNodeReader(clientOf(outcomeOf), 'live');
  const txidsOf = async (): Promise<readonly (string | undefined)[]> =>
    (await reader.getTransactions(['bb', 'aa'])).map((record) => record?.decoded.txid);

  expect(await txidsOf()).toEqual([undefined, 'aa']);
  expect(await reader.getTransactions(['bb'])).toEqual([undefined]);
  expect(asked).toEqual([
    'getrawtransaction ffff',
    'getmempoolentry bb',
    'getmempoolentry aa',
    'getrawtransaction aa',
    'getmempoolentry bb',
  ]);

  hasIndex = true;
  reader.forgetTxIndex();
  expect(await txidsOf()).toEqual(['bb', 'aa']);
});

test('an index that cannot be asked for is asked for again', async () => {
  const answers: Record<string, number> = { getrawtransaction: -28, getmempoolentry: -5 };
  const { reader, asked } = readerOf(answers);
  await expect(reader.getTransactions(['aa'])).rejects.toMatchObject({ rpcCode: -28 });
  answers['getrawtransaction'] = -5;
  expect(await reader.getTransactions(['aa'])).toEqual([undefined]);
  expect(asked.filter((call) => call.startsWith('getrawtransaction ["ff'))).toHaveLength(2);
});

test.each<[string, Readonly<Record<string, string>>, (reader: NodeReader) => Promise<unknown>]>([
  ['a block without a hash', { getblock: '{"height":1,"tx":[]}' }, (reader) => reader.getBlock('bb')],
  [
    'a block with objects for txids',
    { getblock: '{"hash":"b","height":1,"tx":[{}]}' },
    (reader) => reader.getBlock('bb'),
  ],
  ['a block that is a list', { getblock: '[]' }, (reader) => reader.getBlock('bb')],
  [
    'a height that is no integer',
    { getblock: '{"hash":"b","height":1.5,"tx":[]}' },
    (reader) => reader.getBlock('bb'),
  ],
  [
    'half a block',
    { getblock: '{"hash":"b","height":1,"tx":[{"txid":' },
    (reader) => reader.getBlockTransactions('bb'),
  ],
  [
    'a transaction without outputs',
    { getrawtransaction: '{"txid":"aa","vin":[]}' },
    (reader) => reader.getTransactions(['aa']),
  ],
  [
    'an output without a script',
    { getrawtransaction: '{"txid":"aa","vin":[],"vout":[{}]}' },
    (reader) => reader.getTransactions(['aa']),
  ],
  ['a tip that is no text', { getbestblockhash: '7' }, (reader) => reader.getBestBlockHash()],
  [
    'a mempool that is an object',
    { getrawmempool: '{}', getbestblockhash: '"b"' },
    (reader) => reader.getMempool(),
  ],
  [
    'no name of the chain',
    { getblockchaininfo: '{"blocks":1,"headers":1,"bestblockhash":"b"}' },
    (reader) => reader.getChainInfo(),
  ],
])('%s is an answer that cannot be read', async (_name, answers, ask) => {
  await expect(ask(readerOf(answers).reader)).rejects.toMatchObject({ code: 'GW_ERR_RPC_MALFORMED' });
});

test('what the node says of its chain is read', async () => {
  const { reader } = readerOf({
    getblockchaininfo: '{"chain":"main","blocks":7,"headers":9,"bestblockhash":"bb","pruned":true}',
  });
  expect(await reader.getChainInfo()).toEqual({
    chain: 'main',
    tip: { height: 7, hashHex: 'bb' },
    headers: 9,
    pruned: true,
  });
});
