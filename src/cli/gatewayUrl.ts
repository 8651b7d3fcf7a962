import type { Settings } from '../config/settings.js';

/** Where `watch`, `call` and `health-check` look: `--url`, or else the host and port that the gateway is set to. */
export function gatewayUrl(settings: Settings): URL {
  if (settings.url !== undefined) return new URL(settings.url);
  return new URL(
    `${settings.tlsCert === undefined ? 'ws' : 'wss'}://${reachableHost(settings.host)}:${settings.port}`,
  );
}

/** The same address for HTTP: `ws` becomes `http`, `wss` becomes `https`. */
export function httpUrl(url: URL, path: string): URL {
  return new URL(path, url.href.replace(/^ws/, 'http'));
}

/** The same address for WebSocket. */
export function webSocketUrl(url: URL): string {
  return url.href.replace(/^http/, 'ws');
}

/** The host under which a listener on this host is reached from the same machine: loopback where it listens everywhere. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
