/** A listening address as a subscriber can connect to it, or why there is none. */
export type Connectable =
  | { readonly type: 'connectable'; readonly address: string }
  | { readonly type: 'invalid'; readonly why: string };

const LOOPBACK = '127.0.0.1';
const WILDCARD_HOSTS = new Set(['*', '0.0.0.0', '[::]', '[0:0:0:0:0:0:0:0]']);

/**
 * Turns the address that a publisher binds into one to connect to: wildcards (`tcp://*:28332`, `tcp://0.0.0.0:28332`) become
 * loopback, everything else stays. Known are `tcp://host:port` and `ipc://path`.
 */
export function toConnectable(address: string): Connectable {
  if (/^ipc:\/\/.+/.test(address)) return { type: 'connectable', address };
  const match = /^tcp:\/\/(.+):(\d{1,5})$/.exec(address);
  const [, host, port] = match ?? [];
  if (host === undefined || port === undefined) {
    return { type: 'invalid', why: 'write tcp://host:port or ipc:///path' };
  }
  if (Number(port) < 1 || Number(port) > 65_535)
    return { type: 'invalid', why: 'the port must be 1 to 65535' };
  return { type: 'connectable', address: `tcp://${WILDCARD_HOSTS.has(host) ? LOOPBACK : host}:${port}` };
}
