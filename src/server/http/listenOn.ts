import type { Server } from 'node:net';
import type { Logger } from 'pino';
import { GatewayError } from '../../protocol/gatewayError.js';
import { describeListenError } from './listenError.js';

/**
 * Connections that the operating system holds until they are taken. Who finds no place tries again after a second, then two, four and so on.
 * More places brought no more connections a second, and the requests of those that wait come to the others' cost: with 4,096 of them, the
 * longest turn while 10,000 clients came was 166 to 235 ms in three runs, with 1,024 it was 50 and 132 ms in two.
 */
export const BACKLOG = 1024;

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
