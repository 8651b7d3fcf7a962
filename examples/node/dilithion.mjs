// Dilithion's live updates, JSON-RPC 2.0 over the socket: blocks, transactions, peers and mining.
//   node examples/node/dilithion.mjs ws://127.0.0.1:8765
import { WebSocket } from 'ws';

const socket = new WebSocket(process.argv[2] ?? 'ws://127.0.0.1:8765');

socket.on('open', () => {
  // Four subscriptions in one batch, answered by one array.
  const topics = ['blocks', 'transactions', 'peers', 'mining'];
  const batch = topics.map((topic) => ({ jsonrpc: '2.0', method: 'subscribe', params: [topic], id: topic }));
  socket.send(JSON.stringify(batch));
});

socket.on('message', (text) => {
  const message = JSON.parse(text);
  if (Array.isArray(message)) {
    for (const { id, result, error } of message)
      console.log('subscribed', id, result?.status ?? error.message);
    return;
  }
  const { method, params } = message;
  if (method === 'block') console.log('block', params.data.height, params.data.hash);
  if (method === 'transaction') console.log('transaction', params.data.status, params.data.txid);
  if (method === 'peer') console.log('peer', params.data.id, params.data.status);
  if (method === 'mining') console.log('mining', params.data.blocks, params.data.hashespersec);
});

socket.on('error', (error) => console.error(error.message));
