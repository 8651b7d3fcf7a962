import { isIP } from 'node:net';

/** Whether a text is an RPC address: `http`, a host, no path, query or fragment. The node speaks no TLS. */
export function isRpcUrl(value: string): boolean {
  const url = parseUrl(value);
  return (
    url?.protocol === 'http:' &&
    url.hostname !== '' &&
    (url.pathname === '/' || url.pathname === '') &&
    !/[?#]/.test(value) &&
    isDecodable(url.username) &&
    isDecodable(url.password)
  );
}

/** Whether a text is an address of a gateway. */
export function isWebSocketUrl(value: string): boolean {
  const url = parseUrl(value);
  return (
    url !== undefined && ['ws:', 'wss:', 'http:', 'https:'].includes(url.protocol) && url.hostname !== ''
  );
}

/**
 * Whether a text is an address that a ZMQ subscriber can connect to: `tcp://host:port` or `ipc://path`. Wildcards are for the
 * node that binds, not for those who connect.
 */
export function isZmqAddress(value: string): boolean {
  const ipc = /^ipc:\/\/(\S+)$/.exec(value);
  if (ipc !== null) return true;
  const tcp = /^tcp:\/\/(?:\[[0-9a-fA-F:.%]+\]|[^\s:/@*[\]]+):(\d{1,5})$/.exec(value);
  if (tcp === null) return false;
  const port = Number(tcp[1]);
  return port >= 1 && port <= 65_535;
}

/** Whether a text is a host name or address without port, or `*`. */
export function isHostName(value: string): boolean {
  return value === '*' || (/^[^\s:/@[\]?#*]+$/.test(value) && parseUrl(`http://${value}`) !== undefined);
}

/** Whether a text is an IP address, or a range of them such as `10.0.0.0/8`. */
export function isAddressRange(value: string): boolean {
  const [, address = '', digits = '0'] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(value) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(digits) <= (family === 6 ? 128 : 32);
}

/** Whether a text is an origin as browsers print it, `null` (a page without one), or `*`. */
export function isOrigin(value: string): boolean {
  if (value === '*' || value === 'null') return true;
  const url = parseUrl(value);
  if (url === undefined || !/^[a-z][a-z\d+.-]*:\/\/[^\s/?#@*]+$/i.test(value)) return false;
  // The origin of an extension is `null` here; that of a web page leaves out the usual port.
  return url.origin === 'null' || url.origin === value.toLowerCase();
}

/** `[::1]`, as addresses have it, is the host `::1`. */
export function withoutBrackets(host: string): string {
  return /^\[([0-9a-fA-F:.%]+)\]$/.exec(host)?.[1] ?? host;
}

/**
 * Hides what stands between `//` and `@` of every address in a text, but for the user's name. A password with an `@` or a `/`
 * that nobody encoded is hidden too. `user:password@` stays: that is how documentation and messages write it.
 */
export function hidePasswords(value: string): string {
  return value.replace(/(:\/\/(?!user:password@)[^:@\s/]*):[^\s]*@/g, '$1:***@');
}

/** A URL, or undefined where the text is none. */
export function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
