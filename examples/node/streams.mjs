// Block Buster's streams: figures of the network every 2 seconds, and confirmed asset transfers.
//   node examples/node/streams.mjs ws://127.0.0.1:8765
import { WebSocket } from 'ws';

const socket = new WebSocket(process.argv[2] ?? 'ws://127.0.0.1:8765');
const send = (message) => socket.send(JSON.stringify(message));

socket.on('open', () => {
  send({ type: 'subscribe', stream: 'network_metrics' });
  send({ type: 'subscribe', stream: 'receipts' });
});

socket.on('message', (text) => {
  const message = JSON.parse(text);
  const { type, data } = message;
  if (type === 'welcome') console.log('streams', message.available_streams.join(' '));
  if (type === 'subscribed') console.log('subscribed', message.stream);
  if (type === 'network_metrics') console.log('network', data.block_height, data.network_strength);
  if (type === 'receipts') {
    for (const { market, amount_sats: sats, consumer } of data.receipts)
      console.log('receipt', market, sats, consumer);
  }
  if (type === 'error') console.error('error', message.message);
});

socket.on('error', (error) => console.error(error.message));
