import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpConnectionFigures } from '../../observe/serverFigures.js';
import { clientAddress, isTrustedProxy, type ProxyList } from '../access/clientAddress.js';
import type { Refusal } from '../access/refusal.js';
import { createAddressCounts } from '../limits/addressCounts.js';
import type { Offences } from '../limits/offences.js';
import { limitKey, LOCAL_KEY } from '../limits/rates.js';
import { createToldRefusals } from '../limits/toldRefusals.js';
import { addressBlocked, TOO_MANY_FROM_ADDRESS } from '../webSocket/upgradeRefusals.js';

/** Limits of connections before they are WebSocket connections. */
export interface HttpConnectionLimits {
  /** Connections of one address that are no WebSocket connections; 0 is no limit. */
  readonly maxHttpPerAddress: number;
  /** Connections that have not said yet what they want, above which those that wait longest are ended. */
  readonly maxUnheard: number;
  /** Longest time for the head of a request; a fifth of it is everybody's. */
  readonly handshakeTimeoutMs: number;
}

/** The figures of all of a gateway's servers. */
export function addHttpConnectionStats(
  one: HttpConnectionFigures,
  other: HttpConnectionFigures | undefined,
): HttpConnectionFigures {
  if (other === undefined) return one;
  return {
    open: one.open + other.open,
    unheard: one.unheard + other.unheard,
    ended: {
      address: one.ended.address + other.ended.address,
      unheard: one.ended.unheard + other.ended.unheard,
      blocked: one.ended.blocked + other.ended.blocked,
      full: one.ended.full + other.ended.full,
    },
    untold: one.untold + other.untold,
  };
}

/** All connections of a server that are not WebSocket connections yet, or never will be. */
export interface HttpConnections {
  /** Connections that have not asked for anything yet. */
  readonly unheard: number;
  /** Connections that came, and requests, since the start. */
  readonly signs: number;
  /** The request's connection is the server's no more. Called by who takes upgrades: a server with no listener for them answers the request. */
  readonly upgraded: (request: IncomingMessage) => void;
  readonly stats: () => HttpConnectionFigures;
}

/** Part of the time for a request's head that nobody is denied, however many others wait. */
const SURE_SHARE = 1 / 5;
/** Connections that are ended for one that comes: fewer come to be too many, and nobody else waits for their end. */
const MOST_ENDED_AT_ONCE = 2;
const TOO_MANY_WAIT: Refusal = {
  status: 408,
  error: 'request_timeout',
  message: 'too many others wait too; send the whole request at once',
};

/** A connection from its first packet to its handshake, or its end. */
interface HttpConnection {
  readonly socket: Socket;
  readonly peer: string;
  readonly sinceMs: number;
  readonly leave: () => void;
}

/** What a connection is counted by before anything is known of it; what all programs of the same machine have for a trusted proxy too. */
export function peerKey(peerAddress: string, proxies: ProxyList): string {
  if (isTrustedProxy(peerAddress, proxies)) return LOCAL_KEY;
  return limitKey(clientAddress({ peerAddress, forwardedFor: undefined, forwarded: undefined }, proxies));
}

/**
 * Counts connections from the first packet on: those that never say what they want are met by nothing else. One address has so many; of
 * all together, the one that has waited longest goes first, for who means well says what he wants at once. Programs of the same machine
 * and trusted proxies, which speak for many, are not counted by address. `refuse` ends a connection with words, where it can be told any;
 * of an address that comes again and again only the first ones are told, and none where nobody `canTell`.
 */
export function trackHttpConnections(
  server: Server,
  limits: HttpConnectionLimits & { readonly proxies: ProxyList; readonly canTell: boolean },
  offences: Offences,
  refuse: (socket: Socket, refusal: Refusal) => void,
): HttpConnections {
  const { maxUnheard, proxies } = limits;
  const sureMs = limits.handshakeTimeoutMs * SURE_SHARE;
  const addresses = createAddressCounts(limits.maxHttpPerAddress);
  // By address and port: with TLS, requests come on another object than the connection. Those that came first are first.
  const open = new Map<string, HttpConnection>();
  const unheard = new Map<string, HttpConnection>();
  const ended = { address: 0, unheard: 0, blocked: 0, full: 0 };
  const told = createToldRefusals();
  let untold = 0;
  let signs = 0;

  function turnAway(socket: Socket, key: string, refusal: Refusal): void {
    if (limits.canTell && told.isTold(key)) {
      refuse(socket, refusal);
      return;
    }
    untold += 1;
    socket.destroy();
  }

  function endLongestWaiting(nowMs: number): void {
    let left = MOST_ENDED_AT_ONCE;
    for (const { socket, sinceMs, leave } of unheard.values()) {
      if (left === 0 || unheard.size <= maxUnheard || nowMs - sinceMs < sureMs) return;
      left -= 1;
      socket.off('close', leave);
      leave();
      ended.unheard += 1;
      refuse(socket, TOO_MANY_WAIT);
    }
  }

  server.on('connection', (socket: Socket) => {
    signs += 1;
    const key = peerKey(socket.remoteAddress ?? '', proxies);
    const blockedForMs = offences.blockedForMs(key);
    if (blockedForMs > 0) {
      ended.blocked += 1;
      turnAway(socket, key, addressBlocked(blockedForMs));
      return;
    }
    if (!addresses.enter(key)) {
      ended.address += 1;
      turnAway(socket, key, TOO_MANY_FROM_ADDRESS);
      return;
    }
    const peer = peerOf(socket);
    const leave = (): void => {
      addresses.leave(key);
      open.delete(peer);
      unheard.delete(peer);
    };
    const connection = { socket, peer, sinceMs: performance.now(), leave };
    open.set(peer, connection);
    unheard.set(peer, connection);
    socket.on('close', leave);
    endLongestWaiting(connection.sinceMs);
  });
  server.on('drop', () => {
    ended.full += 1;
  });
  server.prependListener('request', ({ socket }: IncomingMessage) => {
    signs += 1;
    unheard.delete(peerOf(socket));
  });
  return {
    get unheard() {
      return unheard.size;
    },
    get signs() {
      return signs;
    },
    upgraded({ socket }) {
      signs += 1;
      const connection = open.get(peerOf(socket));
      if (connection === undefined) return;
      // It may stay for long, and there may be many.
      connection.socket.off('close', connection.leave);
      connection.leave();
    },
    stats: () => ({ open: open.size, unheard: unheard.size, ended: { ...ended }, untold }),
  };
}

function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
