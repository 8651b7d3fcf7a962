// What most servers on `ws` do: a loop over the clients with `send`.
import { WebSocketServer } from 'ws';
import { serveRival } from './rivalProcess.mjs';

let server;
let text;

serveRival({
  async listen(payload) {
    text = payload.toString('latin1');
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 1024, perMessageDeflate: false });
    await new Promise((resolve) => server.once('listening', resolve));
    return server.address().port;
  },
  sendOne() {
    for (const client of server.clients) if (client.readyState === 1) client.send(text);
  },
});
