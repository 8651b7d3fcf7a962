import { JSONRPCClient, JSONRPCServer, JSONRPCServerAndClient, type JSONRPCID } from 'json-rpc-2.0';
import { WebSocket } from 'ws';

/** A client of the package json-rpc-2.0, and the end of its connection. */
export interface LibraryClient {
  readonly rpc: JSONRPCServerAndClient;
  /** What came and was no JSON-RPC to the library. */
  readonly strange: readonly unknown[];
  close(): Promise<void>;
}

/** Makes the ids of requests; the library counts from 1 if absent. */
export type MakeId = () => JSONRPCID;

/** Over a WebSocket, as the library's own documentation shows it: requests both ways, so that notifications are taken. */
export async function connectLibrary(url: string, makeId?: MakeId): Promise<LibraryClient> {
  const socket = new WebSocket(url);
  const strange: unknown[] = [];
  const client = new JSONRPCClient((request) => {
    socket.send(JSON.stringify(request));
  }, makeId);
  const rpc = new JSONRPCServerAndClient(new JSONRPCServer(), client, {
    errorListener: (_message, payload) => strange.push(payload),
  });
  socket.on('message', (data: Buffer) => {
    void rpc.receiveAndSend(JSON.parse(data.toString('utf8')));
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    rpc,
    strange,
    async close() {
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.close();
      await closed;
    },
  };
}

/** Over HTTP. What it sends as a notification must have an answer without a body. */
export function postLibrary(url: string, makeId?: MakeId): Promise<LibraryClient> {
  const strange: unknown[] = [];
  const client: JSONRPCClient = new JSONRPCClient(async (request) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(request),
    });
    const text = await response.text();
    if (text !== '') client.receive(JSON.parse(text) as Parameters<JSONRPCClient['receive']>[0]);
    else if (response.status !== 204) strange.push(response.status);
  }, makeId);
  const rpc = new JSONRPCServerAndClient(new JSONRPCServer(), client);
  return Promise.resolve({ rpc, strange, close: () => Promise.resolve() });
}
