// A node that is nothing but fast: it makes blocks and transactions of one size on demand, announces them by ZMQ and answers
// the gateway's questions from memory. Everything behind it is the real gateway.
import { createHash } from 'node:crypto';
import http from 'node:http';
import { Publisher } from 'zeromq';
import { serveCommands } from './children.mjs';
import { nowMs, sendPaced } from './sendPaced.mjs';

const CHAIN_START = 1_700_000_000;
/** Bytes of a message of the gateway around the node's transaction: type, topic, cursor, counts, status. */
const ENVELOPE_BYTES = 233;

const hashOf = (text) => createHash('sha256').update(text).digest('hex');
const blocks = [];
const blockByHash = new Map();
const transactions = new Map();
const mempool = [];
let lastTransaction = 0;
let transactionBytes = 1024;
const publisher = new Publisher({ linger: 0, sendHighWaterMark: 100_000 });
const counters = { hashblock: 0, hashtx: 0 };

function makeTransaction() {
  lastTransaction += 1;
  const txid = hashOf(`transaction ${lastTransaction}`);
  const head =
    `{"txid":"${txid}","hash":"${txid}","version":2,"size":225,"vsize":225,"locktime":0,` +
    `"vin":[{"txid":"${hashOf(`spent ${lastTransaction}`)}","vout":0,"scriptSig":{"asm":"","hex":""},"sequence":4294967294}],` +
    `"vout":[{"value":12.5,"n":0,"scriptPubKey":{"asm":"OP_TRUE","hex":"51","type":"nonstandard"},"valueSat":1250000000}],"hex":"`;
  return { txid, head, blockText: '' };
}

function addBlock(contents) {
  const height = blocks.length;
  const hash = hashOf(`block ${height}`);
  const block = { height, hash, txids: contents.map(({ txid }) => txid), time: CHAIN_START + height * 60 };
  for (const transaction of contents) {
    transaction.blockText = `,"blockhash":"${hash}","height":${height},"confirmations":1,"time":${block.time},"blocktime":${block.time}`;
  }
  blocks.push(block);
  blockByHash.set(hash, block);
  return block;
}

/** `hex` is as long as the size that was asked for leaves room. */
function textOf({ head, blockText }) {
  const pad = Math.max(0, transactionBytes - ENVELOPE_BYTES - head.length - blockText.length);
  return `${head}${'0'.repeat(pad)}"${blockText}}`;
}

function blockJson({ height, hash, txids, time }, verbosity) {
  const previous = blocks[height - 1];
  const tx =
    verbosity === 2
      ? txids.map((txid) => textOf(transactions.get(txid))).join(',')
      : `"${txids.join('","')}"`;
  return (
    `{"hash":"${hash}","confirmations":${blocks.length - height},"size":1000,"height":${height},"version":536870912,"merkleroot":"${hash}",` +
    `"tx":[${tx}],"time":${time},"mediantime":${time},"nonce":0,"bits":"207fffff","difficulty":1,"nTx":${txids.length}` +
    (previous === undefined ? '}' : `,"previousblockhash":"${previous.hash}"}`)
  );
}

function resultOf(method, params) {
  const tip = blocks.at(-1);
  switch (method) {
    case 'getblockchaininfo':
      return `{"chain":"regtest","blocks":${tip.height},"headers":${tip.height},"bestblockhash":"${tip.hash}","difficulty":1,"pruned":false}`;
    case 'getbestblockhash':
      return `"${tip.hash}"`;
    case 'getblockcount':
      return String(tip.height);
    case 'getblockhash': {
      const block = blocks[params[0]];
      return block === undefined ? { code: -8, message: 'Block height out of range' } : `"${block.hash}"`;
    }
    case 'getblockheader':
    case 'getblock': {
      const block = blockByHash.get(params[0]);
      return block === undefined ? { code: -5, message: 'Block not found' } : blockJson(block, params[1]);
    }
    case 'getrawtransaction': {
      const transaction = transactions.get(params[0]);
      return transaction === undefined
        ? { code: -5, message: 'No such mempool or blockchain transaction.' }
        : textOf(transaction);
    }
    case 'getrawmempool':
      return JSON.stringify(mempool.map(({ txid }) => txid));
    case 'getmempoolinfo':
      return `{"size":${mempool.length},"bytes":${mempool.length * 225},"usage":${mempool.length * 1000},"maxmempool":300000000,"mempoolminfee":0.00001000}`;
    case 'getchaintips':
      return `[{"height":${tip.height},"hash":"${tip.hash}","branchlen":0,"status":"active"}]`;
    default:
      return { code: -32601, message: `Method not found: ${method}` };
  }
}

function answerOf({ id, method, params = [] }) {
  const result = resultOf(method, params);
  return typeof result === 'string'
    ? `{"result":${result},"error":null,"id":${JSON.stringify(id)}}`
    : `{"result":null,"error":${JSON.stringify(result)},"id":${JSON.stringify(id)}}`;
}

const rpc = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const asked = JSON.parse(Buffer.concat(parts).toString('utf8'));
    const text = Array.isArray(asked) ? `[${asked.map(answerOf).join(',')}]` : answerOf(asked);
    response.setHeader('content-type', 'application/json');
    response.end(`${text}\n`);
  });
});

/** A socket takes one message after the other. */
let announced = Promise.resolve();

function announce(topic, hash) {
  const counter = Buffer.alloc(4);
  counter.writeUInt32LE(counters[topic]);
  counters[topic] += 1;
  announced = announced.then(() => publisher.send([topic, Buffer.from(hash, 'hex'), counter]));
  return announced;
}

serveCommands({
  async start({ bytes }) {
    transactionBytes = bytes;
    for (let height = 0; height < 3; height += 1) addBlock(keep([makeTransaction()]));
    await publisher.bind('tcp://127.0.0.1:*');
    await new Promise((resolve) => rpc.listen(0, '127.0.0.1', resolve));
    return {
      rpcUrl: `http://bench:bench@127.0.0.1:${rpc.address().port}`,
      zmqAddress: publisher.lastEndpoint,
    };
  },
  /** A block of `count` transactions, all at once. */
  async burst({ count }) {
    const contents = keep(Array.from({ length: count }, makeTransaction));
    const { hash } = addBlock(contents);
    const sentAtMs = [nowMs()];
    await announce('hashblock', hash);
    return { sentAtMs };
  },
  /** `count` blocks of one transaction each. */
  async blocks({ count }) {
    const sentAtMs = [nowMs()];
    for (let made = 0; made < count; made += 1) {
      const { hash } = addBlock(keep([makeTransaction()]));
      await announce('hashblock', hash);
    }
    return { sentAtMs };
  },
  /** `count` transactions for the mempool, one after the other at an even pace. */
  paced({ count, perSecond }) {
    return sendPaced(count, perSecond, () => {
      const transaction = makeTransaction();
      keep([transaction]);
      mempool.push(transaction);
      void announce('hashtx', transaction.txid);
    });
  },
});

function keep(made) {
  for (const transaction of made) transactions.set(transaction.txid, transaction);
  return made;
}
