import http from 'node:http';

/**
 * The barest client of the node's RPC: one kept connection, answers left as text. It stands for what a question costs.
 *
 * @param {string} rpcUrl with credentials
 * @param {number} connections
 */
export function createRawRpc(rpcUrl, connections = 1) {
  const url = new URL(rpcUrl);
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
  const options = {
    host: url.hostname,
    port: url.port,
    method: 'POST',
    path: '/',
    auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`,
    agent,
  };
  const post = (body) =>
    new Promise((resolve, reject) => {
      const request = http.request(
        {
          ...options,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (response) => {
          const parts = [];
          response.on('data', (part) => parts.push(part));
          response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
          response.on('error', reject);
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  return {
    /** The answer's text. */
    call: (method, params = []) => post(JSON.stringify({ id: 1, method, params })),
    batch: (calls) => post(JSON.stringify(calls.map(([method, params], id) => ({ id, method, params })))),
    /** The result of a call, read. */
    async result(method, params = []) {
      const { result, error } = JSON.parse(await post(JSON.stringify({ id: 1, method, params })));
      if (error !== null) throw new Error(`${method}: ${error.message}`);
      return result;
    },
    close: () => agent.destroy(),
  };
}
