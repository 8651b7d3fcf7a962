import { GatewayError } from '../protocol/gatewayError.js';

/** What a gateway said in an error message. */
export interface RefusalDetails {
  /** 1000 to 1999: the gateway's own, see PROTOCOL.md. Negative: the node's. */
  readonly errorCode: number;
  /** The gateway's or the node's words, for people. */
  readonly errorMessage: string;
  readonly topic?: string;
  readonly command?: string;
  /** With a subscription: the last event that was sent, to start again from. */
  readonly cursor?: string;
}

/** Error codes of the gateway after which the same request may work later. */
const RETRYABLE_CODES: ReadonlySet<number> = new Set([1000, 1015, 1016, 1017, 1019, 1034]);

/** Whether the same request may work later, by the code of the gateway's error. */
export function isRetryableCode(errorCode: number): boolean {
  return RETRYABLE_CODES.has(errorCode);
}

/**
 * The gateway or the node refused a command (`GW_ERR_CALL_REFUSED`) or a subscription (`GW_ERR_SUBSCRIPTION_REFUSED`). When a
 * subscription cannot go on from where it was, its code is `GW_ERR_UNRESUMABLE`.
 */
export class RefusedError extends GatewayError implements RefusalDetails {
  readonly errorCode: number;
  readonly errorMessage: string;
  readonly topic?: string;
  readonly command?: string;
  readonly cursor?: string;

  constructor(
    code: 'GW_ERR_CALL_REFUSED' | 'GW_ERR_SUBSCRIPTION_REFUSED' | 'GW_ERR_UNRESUMABLE',
    details: RefusalDetails,
  ) {
    const what = details.command ?? details.topic ?? 'the request';
    super(`${what} was refused with code ${details.errorCode}: ${details.errorMessage}`, {
      code,
      retryable: isRetryableCode(details.errorCode),
    });
    this.errorCode = details.errorCode;
    this.errorMessage = details.errorMessage;
    if (details.topic !== undefined) this.topic = details.topic;
    if (details.command !== undefined) this.command = details.command;
    if (details.cursor !== undefined) this.cursor = details.cursor;
  }
}

/** The connection ended in a way after which another one would not help (`GW_ERR_CONNECTION_REFUSED`). */
export class ConnectionError extends GatewayError {
  /** The WebSocket close code. */
  readonly closeCode: number;
  readonly reason: string;

  constructor(message: string, closeCode: number, reason: string) {
    super(message, { code: 'GW_ERR_CONNECTION_REFUSED' });
    this.closeCode = closeCode;
    this.reason = reason;
  }
}

/** An argument cannot be used; `GW_ERR_INVALID_ARGUMENT`. */
export function invalidArgument(message: string): GatewayError {
  return new GatewayError(message, { code: 'GW_ERR_INVALID_ARGUMENT' });
}

/** The client was closed; `GW_ERR_CLIENT_CLOSED`. */
export function clientClosed(): GatewayError {
  return new GatewayError('the client is closed; connect a new one', { code: 'GW_ERR_CLIENT_CLOSED' });
}
