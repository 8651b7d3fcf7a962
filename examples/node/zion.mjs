// ZION's messages: ping, status, and channels whose events are all of the type "event".
//   node examples/node/zion.mjs ws://127.0.0.1:8765
import { WebSocket } from 'ws';

const socket = new WebSocket(process.argv[2] ?? 'ws://127.0.0.1:8765');
const send = (message) => socket.send(JSON.stringify(message));

socket.on('open', () => {
  send({ type: 'ping' });
  send({ type: 'get_status' });
  send({ type: 'subscribe', channels: ['blockchain', 'mempool'] });
});

socket.on('message', (text) => {
  const message = JSON.parse(text);
  const { type, event_type: event, data } = message;
  if (type === 'welcome') console.log('welcome', message.server);
  if (type === 'pong') console.log('pong');
  if (type === 'status') console.log('status', data.status);
  if (type === 'subscribed') console.log('subscribed', message.channels.join(' '));
  if (type === 'event' && event === 'block') console.log('block', data.height, data.hash);
  if (type === 'event' && event === 'transaction') console.log('transaction', data.status, data.txid);
  if (type === 'error') console.error('error', message.message);
});

socket.on('error', (error) => console.error(error.message));
