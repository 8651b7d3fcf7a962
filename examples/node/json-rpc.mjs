// JSON-RPC 2.0 over the socket: questions, and blocks as notifications.
//   node examples/node/json-rpc.mjs ws://127.0.0.1:8765
import { WebSocket } from 'ws';

const socket = new WebSocket(process.argv[2] ?? 'ws://127.0.0.1:8765');
const waiting = new Map();
let lastId = 0;

function call(method, params = []) {
  lastId += 1;
  socket.send(JSON.stringify({ jsonrpc: '2.0', method, params, id: lastId }));
  return new Promise((resolve, reject) => waiting.set(lastId, { resolve, reject }));
}

function receive(message) {
  const { method, params, id, result, error } = message;
  if (method === 'block') console.log('block', params.data.height, params.data.hash);
  const asked = waiting.get(id);
  waiting.delete(id);
  if (error) asked?.reject(new Error(`${error.code} ${error.message}`));
  else asked?.resolve(result);
}

socket.on('message', (text) => receive(JSON.parse(text)));
socket.on('error', (error) => console.error(error.message));
socket.on('open', async () => {
  console.log('height', await call('getblockcount'));
  console.log('genesis', await call('getblockhash', { height: 0 }));
  await call('getblockhash', [999999999]).catch((error) => console.log('refused', error.message));
  console.log('subscribed', (await call('subscribe', ['blocks'])).topic);
});
