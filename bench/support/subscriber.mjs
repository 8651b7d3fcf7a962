import { WebSocket } from 'ws';

/**
 * One client that notes when each message arrives.
 *
 * @param {string} url
 * @param {object} request
 * @param {(text: string, atMs: number) => void} onMessage
 */
export async function subscribe(url, request, onMessage) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const acknowledged = new Promise((resolve) => {
    socket.on('message', (data) => {
      const atMs = performance.now();
      const text = data.toString('latin1');
      if (text.startsWith('{"type":"subscription"')) resolve();
      onMessage(text, atMs);
    });
  });
  socket.send(JSON.stringify(request));
  await acknowledged;
  return { close: () => socket.terminate() };
}
