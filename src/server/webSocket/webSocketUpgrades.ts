import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Admission, Gate } from '../access/gate.js';
import type { Refusal } from '../access/refusal.js';
import { factsOf, type RequestFacts } from '../access/requestFacts.js';
import type { AddressCounts } from '../limits/addressCounts.js';
import { limitKey } from '../limits/rates.js';
import type { Offences } from '../limits/offences.js';
import type { Refusals } from '../limits/refusals.js';
import { createOpenAnswers } from '../http/openAnswers.js';
import { createPacer } from './pacer.js';
import { refuseUpgrade } from './refuseUpgrade.js';
import { addressBlocked, SHUTTING_DOWN, TOO_MANY_FROM_ADDRESS, unavailable } from './upgradeRefusals.js';
import { waitForTurn } from './waitForTurn.js';
import type { WebSocketClients } from './webSocketClients.js';
import type { WebSocketServerOptions } from './webSocketServerTypes.js';

/** Paths that take WebSocket connections. */
const WEB_SOCKET_PATHS: readonly string[] = ['/', '/ws'];

/** What handshakes are decided with. */
export interface WebSocketUpgradesDeps {
  /** Whether a handshake is let in, and as whom. Never rejects. */
  readonly admit: Gate['admit'];
  /** Counts the handshakes that were let in; whoever has become a client is taken off by others. */
  readonly addresses: AddressCounts;
  readonly clients: Pick<WebSocketClients, 'size' | 'open'>;
  readonly offences: Offences;
  readonly refusals: Refusals;
  readonly logger: Logger;
}

/** The handshakes of a server, from the request to the connection. */
export interface WebSocketUpgrades {
  /** Handshakes that wait for their turn. */
  readonly waiting: number;
  /** Handshakes that had to wait, since the start. */
  readonly delayed: number;
  /** From now on, and those that wait, all are refused. */
  stop(): void;
}

/** Takes the handshakes of `server`: each is let in or refused, and waits for its turn. */
export function takeUpgrades(
  server: Server,
  options: Pick<WebSocketServerOptions, 'maxClients' | 'acceptsPerSecond'>,
  deps: WebSocketUpgradesDeps,
): WebSocketUpgrades {
  const { addresses, clients, logger } = deps;
  const openAnswers = createOpenAnswers(server);
  /** Many who come at once are taken in one after the other, and events go to those who are there in between. */
  const pacer = createPacer({ perSecond: options.acceptsPerSecond });
  let stopping = false;

  server.on('upgrade', (request: IncomingMessage, duplex, head: Buffer) => {
    // A TCP server hands over the socket itself; the type leaves room for other streams.
    if (!(duplex instanceof Socket)) {
      duplex.destroy();
      return;
    }
    const socket = duplex;
    if (openAnswers.has(socket)) {
      logger.debug('handshake behind a request without an answer');
      socket.destroy();
      return;
    }
    const facts = factsOf(request);
    const finish = (admission: Admission): void => {
      if (admission.type === 'refused') {
        refuse(socket, admission.refusal);
        return;
      }
      const { visitor } = admission;
      const key = limitKey(visitor.client);
      const refusal = decideUpgrade(facts, key) ?? (addresses.enter(key) ? undefined : TOO_MANY_FROM_ADDRESS);
      if (refusal !== undefined) {
        refuse(socket, refusal);
        return;
      }
      const leave = (): void => {
        addresses.leave(key);
      };
      const start = (): void => {
        if (!stopping && clients.open(request, socket, head, { visitor, key })) return;
        leave();
        if (stopping) refuse(socket, SHUTTING_DOWN);
      };
      waitForTurn(pacer, socket, start, leave);
    };
    const admission = deps.admit(facts);
    if (!(admission instanceof Promise)) {
      finish(admission);
      return;
    }
    const onError = (): void => {
      socket.destroy();
    };
    socket.on('error', onError);
    void admission.then((admitted) => {
      socket.off('error', onError);
      if (!socket.destroyed) finish(admitted);
    });
  });

  function refuse(socket: Socket, refusal: Refusal): void {
    refuseUpgrade(socket, refusal, deps);
  }

  function decideUpgrade(facts: RequestFacts, key: string): Refusal | undefined {
    if (stopping) return SHUTTING_DOWN;
    // Of who stands behind a proxy, this is the first that is known.
    const blockedForMs = deps.offences.blockedForMs(key);
    if (blockedForMs > 0) return addressBlocked(blockedForMs);
    if (!WEB_SOCKET_PATHS.includes(facts.url.split('?', 1)[0] ?? '')) {
      const message = `WebSocket connections are taken at ${WEB_SOCKET_PATHS.join(' and ')}`;
      return { status: 404, error: 'unknown_path', message };
    }
    if (clients.size + pacer.waiting < options.maxClients) return undefined;
    return unavailable('too_many_clients', 'too many clients are connected; try again later');
  }

  return {
    get waiting() {
      return pacer.waiting;
    },
    get delayed() {
      return pacer.delayed;
    },
    stop() {
      stopping = true;
      pacer.flush();
    },
  };
}
