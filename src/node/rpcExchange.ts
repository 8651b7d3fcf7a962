import { CredentialsError, type Credentials, type CredentialSource } from './credentials.js';
import type { HttpAnswer } from './rpcAnswer.js';
import type { Post, PostOutcome, RpcHttp } from './rpcHttp.js';
import { RpcMalformedError, RpcUnavailableError } from './rpcTypes.js';

/** How an exchange ended: with a complete HTTP answer of whatever kind, or without. */
export type ExchangeOutcome =
  | { readonly type: 'answer'; readonly answer: HttpAnswer }
  | { readonly type: 'failed'; readonly error: RpcUnavailableError | RpcMalformedError };

/** One request on its way to the node, its possible second attempt included. */
export interface Exchange {
  /** Never rejects; resolves when the node has answered or the connection has ended. */
  readonly done: Promise<ExchangeOutcome>;
  /** Whether the node can have begun to work on it. */
  hasConnection(): boolean;
  /** Ends its connection, and makes no further attempt. */
  destroy(): void;
}

/** What exchanges are made with. */
export interface RpcExchangeDeps {
  readonly http: RpcHttp;
  readonly credentials: CredentialSource;
  /** For the message of the error alone; the HTTP side holds to it. */
  readonly maxAnswerBytes: number;
}

/** Starts exchanges with the node. */
export interface RpcExchange {
  /** `isWanted` is asked before a second attempt: nothing is asked twice for a caller that has gone. */
  start(body: Buffer, isWanted: () => boolean): Exchange;
}

/**
 * Creates the part of the client that knows when to ask a second time: once after a 401, with the credentials read again
 * (the cookie has other content after a restart of the node), and once when a kept connection was closed by the node.
 */
export function createRpcExchange(deps: RpcExchangeDeps): RpcExchange {
  const { http, credentials, maxAnswerBytes } = deps;
  // After the node was away its cookie is another one; reading it costs less than the node's 250 ms pause on a wrong one.
  let refreshNext = false;

  const authorization = async (refresh: boolean): Promise<string> => {
    const isRefresh = refresh || refreshNext;
    const text = basicAuthorization(await credentials.read({ refresh: isRefresh }));
    if (isRefresh) refreshNext = false;
    return text;
  };

  const failed = (outcome: Exclude<PostOutcome, { type: 'answer' }>): ExchangeOutcome => {
    switch (outcome.type) {
      case 'no_answer':
        refreshNext = true;
        return {
          type: 'failed',
          error: new RpcUnavailableError('unreachable', outcome.errno, outcome.cause),
        };
      case 'truncated':
        return {
          type: 'failed',
          error: new RpcMalformedError('truncated', 'the connection ended within the answer', outcome.cause),
        };
      case 'too_big':
        return {
          type: 'failed',
          error: new RpcMalformedError('too_big', `it is over ${maxAnswerBytes} bytes`),
        };
    }
  };

  return {
    start(body, isWanted) {
      let post: Post | undefined;
      let destroyed = false;
      let header = '';
      let giveUp: (outcome: ExchangeOutcome) => void = () => undefined;
      // Ends the wait for credentials, which is not bound to a connection.
      const givenUp = new Promise<ExchangeOutcome>((resolve) => {
        giveUp = resolve;
      });

      const attempt = async (): Promise<PostOutcome> => {
        if (destroyed) throw notSent();
        post = http.post(body, header);
        return post.done;
      };

      const run = async (): Promise<ExchangeOutcome> => {
        header = await authorization(false);
        let outcome = await attempt();
        if (outcome.type === 'no_answer' && outcome.mayRetry && isWanted() && !destroyed) {
          http.dropIdle();
          header = await authorization(true);
          outcome = await attempt();
        }
        if (outcome.type === 'answer' && outcome.answer.status === 401 && isWanted() && !destroyed) {
          const refused = header;
          header = await authorization(true);
          // The same credentials would be refused again, after another pause in one of the node's workers.
          if (header !== refused) outcome = await attempt();
        }
        return outcome.type === 'answer' ? outcome : failed(outcome);
      };

      return {
        done: Promise.race([
          run().catch((error: unknown): ExchangeOutcome => ({ type: 'failed', error: unavailable(error) })),
          givenUp,
        ]),
        hasConnection: () => post?.hasConnection() ?? false,
        destroy: () => {
          destroyed = true;
          if (post === undefined) giveUp({ type: 'failed', error: notSent() });
          else post.destroy();
        },
      };
    },
  };
}

function notSent(): RpcUnavailableError {
  return new RpcUnavailableError('closed', 'it was ended before it was sent');
}

function unavailable(error: unknown): RpcUnavailableError {
  if (error instanceof RpcUnavailableError) return error;
  // The path stands in the cause: it is for the operator's log, not for clients.
  if (error instanceof CredentialsError && error.reason === 'missing') {
    return new RpcUnavailableError('unreachable', 'its cookie file is missing, so it is not running', error);
  }
  if (error instanceof CredentialsError) {
    return new RpcUnavailableError('unauthorized', `its cookie file is ${error.reason}`, error);
  }
  return new RpcUnavailableError('unreachable', 'the request could not be made', error);
}

function basicAuthorization({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
