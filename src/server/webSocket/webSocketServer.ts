import { createGracefulClose } from '../http/gracefulClose.js';
import { lookTurns } from './keepAlive.js';
import { createAddressCounts } from '../limits/addressCounts.js';
import { createListeningServer } from '../http/listeningServer.js';
import { listenOn } from '../http/listenOn.js';
import { createWebSocketClients } from './webSocketClients.js';
import type { WebSocketServer, WebSocketServerDeps, WebSocketServerOptions } from './webSocketServerTypes.js';
import { takeUpgrades } from './webSocketUpgrades.js';

/** Connections on top of the clients', for plain HTTP. */
const SPARE_CONNECTIONS = 64;

/** HTTP and WebSocket on one port. */
export function createWebSocketServer<Session>(
  options: WebSocketServerOptions,
  deps: WebSocketServerDeps<Session>,
): WebSocketServer {
  const listening = createListeningServer(options, deps);
  const { server: http, connections, setTls } = listening;
  http.maxConnections = options.maxClients + options.maxUnheard + SPARE_CONNECTIONS;
  const graceful = createGracefulClose(listening);
  const addresses = createAddressCounts(options.maxClientsPerAddress);
  const clients = createWebSocketClients<Session>(options, {
    ...deps,
    onGone: (key) => {
      addresses.leave(key);
    },
  });
  http.on('upgrade', connections.upgraded);
  const upgrades = takeUpgrades(http, options, { ...deps, addresses, clients });
  let timer: NodeJS.Timeout | undefined;

  function stopAccepting(): void {
    upgrades.stop();
    graceful.stopAccepting();
  }

  return {
    async listen() {
      const { host } = options;
      const port = await listenOn(http, { host, port: options.port, portFlag: '--port' }, deps.logger);
      timer = setInterval(clients.checkPulses, lookTurns(options).intervalMs);
      timer.unref();
      return { host, port };
    },
    setTls,
    stopAccepting,
    stats: () => ({
      handshakesWaiting: upgrades.waiting,
      handshakesDelayed: upgrades.delayed,
      readsWaiting: clients.readsWaiting,
      clientAddresses: addresses.addresses,
      httpConnections: connections.stats(),
      closes: clients.closes,
    }),
    waitUntilEmpty: (timeoutMs) => graceful.waitUntil(clients.whenEmpty, timeoutMs),
    destroy() {
      stopAccepting();
      clearInterval(timer);
      return graceful.close(clients.terminate);
    },
  };
}
