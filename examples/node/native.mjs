// The gateway's own messages, which are evrmore-rpc's: one question, and what happens to blocks and transactions.
//   node examples/node/native.mjs ws://127.0.0.1:8765
import { WebSocket } from 'ws';

const socket = new WebSocket(process.argv[2] ?? 'ws://127.0.0.1:8765');
const send = (message) => socket.send(JSON.stringify(message));

socket.on('open', () => {
  send({ command: 'getblockcount', params: [], id: 1 });
  send({ action: 'subscribe', topic: 'blocks' });
  send({ action: 'subscribe', topic: 'transactions' });
});

socket.on('message', (text) => {
  const { type, topic, status, data } = JSON.parse(text);
  if (type === 'welcome') console.log('chain', data.chain);
  if (type === 'response') console.log('height', data);
  if (type === 'subscription') console.log('subscribed', topic, status);
  if (type === 'block') console.log('block', data.height, data.hash);
  if (type === 'transaction') console.log('transaction', data.status, data.txid);
  if (type === 'error') console.error('error', data.code, data.message);
});

socket.on('error', (error) => console.error(error.message));
