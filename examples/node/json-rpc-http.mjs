// JSON-RPC over HTTP, as to the node itself: a question, a batch, and a look at the tip every second.
//   node examples/node/json-rpc-http.mjs http://127.0.0.1:8765
const url = process.argv[2] ?? 'http://127.0.0.1:8765';

async function post(request) {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) });
  return response.json();
}

const { result } = await post({ jsonrpc: '2.0', method: 'getblockcount', id: 1 });
console.log('height', result);

const [genesis, refused] = await post([
  { jsonrpc: '2.0', method: 'getblockhash', params: [0], id: 'genesis' },
  { jsonrpc: '2.0', method: 'getblockhash', params: [999999999], id: 'too high' },
]);
console.log('genesis', genesis.result);
console.log('refused', refused.error.code, refused.error.message);

let tip;
setInterval(async () => {
  const { result: hash } = await post({ jsonrpc: '2.0', method: 'getbestblockhash', id: 2 });
  if (hash !== tip) console.log('tip', hash);
  tip = hash;
}, 1000);
