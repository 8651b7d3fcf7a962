// What most servers on `ws` do: a loop over the clients with `send`.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { built } from '../support/dist.mjs';
import { BACKLOG, serveRival } from './rivalProcess.mjs';

const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
/** Clients that asked for this path get what is sent, and nobody else does; where none did, all do. */
const LIVE_PATH = '/live';
const live = new Set();
let text;

/** At the gateway's pace, so that as many come to both in the same time; at once where none is asked for. */
async function paceOf(acceptsPerSecond) {
  if (acceptsPerSecond === undefined) return (take) => take();
  const { createPacer } = await import(built('server/webSocket/pacer.js'));
  const pacer = createPacer({ perSecond: acceptsPerSecond });
  return (take) => pacer.add(take);
}

serveRival({
  /** With `answerBytes`, every message of a client is answered with so many. */
  async listen(payload, { acceptsPerSecond, answerBytes }) {
    text = payload.toString('latin1');
    const answer = answerBytes === undefined ? undefined : 'x'.repeat(answerBytes);
    const inTurn = await paceOf(acceptsPerSecond);
    const http = createServer();
    http.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      inTurn(() =>
        server.handleUpgrade(request, socket, head, (client) => {
          client.on('error', () => undefined);
          if (request.url === LIVE_PATH) live.add(client);
          if (answer !== undefined) client.on('message', () => client.send(answer));
        }),
      );
    });
    await new Promise((resolve) => http.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, resolve));
    return http.address().port;
  },
  sendOne() {
    for (const client of live.size > 0 ? live : server.clients)
      if (client.readyState === 1) client.send(text);
  },
});
