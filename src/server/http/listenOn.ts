import type { Server } from 'node:net';
import type { Logger } from 'pino';
import { GatewayError } from '../../protocol/gatewayError.js';
import { describeListenError } from './listenError.js';

/**
 * Connections that the operating system holds until they are taken, and no more than it allows (on Linux `net.core.somaxconn`, 4,096 unless it
 * is set). Node takes one in a turn of its loop: while thousands come at once, most of them wait here, and who finds no place tries again
 * after a second, then two, four and so on.
 */
const BACKLOG = 4096;

/**
 * Listens, and gives the port, which may be any where 0 was asked for. Rejects with a {@link GatewayError} `GW_ERR_LISTEN` that says
 * what to do; `portFlag` is the flag that sets the port. What fails later is logged.
 */
export function listenOn(
  server: Server,
  { host, port, portFlag }: { readonly host: string; readonly port: number; readonly portFlag: string },
  logger: Logger,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const message = describeListenError(error, host, port, portFlag);
      reject(new GatewayError(message, { code: 'GW_ERR_LISTEN', cause: error }));
    };
    server.once('error', fail);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', fail);
      server.on('error', (error) => {
        logger.error({ err: error }, 'listening socket failed');
      });
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
