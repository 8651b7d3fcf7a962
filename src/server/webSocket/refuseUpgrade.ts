import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Refusal } from '../access/refusal.js';
import { endWithRefusal } from '../http/endWithRefusal.js';
import type { Refusals } from '../limits/refusals.js';

/** Answers a request for a WebSocket connection with an HTTP error and words, counts it, and ends the connection. */
export function refuseUpgrade(
  socket: Socket,
  refusal: Refusal,
  { refusals, logger }: { readonly refusals: Refusals; readonly logger: Logger },
): void {
  logger.debug({ error: refusal.error }, 'handshake refused');
  refusals.note(refusal.error);
  endWithRefusal(socket, refusal);
}
