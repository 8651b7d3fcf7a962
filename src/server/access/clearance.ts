import { CLOSE_CODES, type ErrorName } from '../../protocol/codes.js';
import type { Cursor } from '../../protocol/cursor.js';
import { excerpt } from '../../protocol/excerpt.js';
import { parseFrom, type From } from '../../protocol/parseFrom.js';
import type { Request } from '../../protocol/request.js';
import type { Authentication, Authenticator } from './authenticator.js';
import type { Principal } from './principal.js';
import { mayDo, type Role } from './role.js';

/** Why a message is refused. */
export interface Denial {
  readonly error: ErrorName;
  readonly message: string;
}

/** What the client of one connection may do, as long as it may. A record, for there are many; {@link Clearances} alone change it. */
export interface Clearance {
  /** At this moment. */
  principal: Principal;
  /** Ends the connection. */
  readonly close: (code: number, words: string) => void;
  /** Of who has to show a token, or has one that ends. */
  timer: NodeJS.Timeout | undefined;
}

/** What is done with the clearances of all connections. */
export interface Clearances {
  /** Of a connection that was let in as this client; `close` ends it. */
  open(principal: Principal, close: Clearance['close']): Clearance;
  /** Why a request is refused; absent when it is not. Commands that there are not are no matter of rights. */
  check(clearance: Clearance, request: Request): Denial | undefined;
  /** Takes the place of who the client was. Never rejects. */
  authenticate(clearance: Clearance, token: string): Promise<Authentication>;
  /** Tokens have changed: ends the connection if its token is in the file no more, and minds the end that stands there now. */
  recheck(clearance: Clearance): void;
  /** The connection has ended. */
  end(clearance: Clearance): void;
}

/** What clearances work with. */
export interface ClearanceDeps {
  readonly authenticator: Authenticator;
  /** How long who may do nothing may take to show a token, in milliseconds. */
  readonly authTimeoutMs: number;
  /** Height of the newest block whose events are known; absent until there is one. */
  readonly tipHeight: () => number | undefined;
  /**
   * Height of the event of the log in memory that a cursor names by its number; absent where it names none. What is told after it is read from
   * there, whatever place in the chain the cursor says.
   */
  readonly heightInLog: (cursor: Cursor) => number | undefined;
  readonly now?: () => number;
}

/** The deepest place that a subscription may turn out to start from. */
function lowestHeight(
  from: Exclude<From, { readonly type: 'invalid' }>,
  heightInLog: ClearanceDeps['heightInLog'],
): number {
  switch (from.type) {
    case 'cursor': {
      const { height } = from.cursor.point;
      // A cursor that somebody made up may name an old event and a new block.
      return Math.min(height, heightInLog(from.cursor) ?? height);
    }
    case 'points':
      return Math.min(...from.points.map(({ height }) => height));
    case 'height':
      return from.height;
  }
}

/** Longest time that a timer takes. */
const MAX_TIMER_MS = 2_147_483_647;

/** Who may do nothing is closed when no token came in time; who has a token, when it ends. */
export function createClearances(deps: ClearanceDeps): Clearances {
  const now = deps.now ?? Date.now;

  function watch(clearance: Clearance): void {
    clearTimeout(clearance.timer);
    clearance.timer = undefined;
    const { role, expiresAtMs } = clearance.principal;
    if (expiresAtMs !== undefined) watchEnd(clearance, expiresAtMs);
    else if (!isSomebody(role)) {
      clearance.timer = setTimeout(() => {
        clearance.close(CLOSE_CODES.unauthorized, `no token came within ${deps.authTimeoutMs} ms`);
      }, deps.authTimeoutMs);
      clearance.timer.unref();
    }
  }

  function watchEnd(clearance: Clearance, expiresAtMs: number): void {
    const leftMs = Math.max(0, expiresAtMs - now());
    clearance.timer = setTimeout(
      () => {
        if (now() < expiresAtMs) watchEnd(clearance, expiresAtMs);
        else clearance.close(CLOSE_CODES.token_expired, 'the token has expired');
      },
      Math.min(leftMs, MAX_TIMER_MS),
    );
    clearance.timer.unref();
  }

  return {
    open(principal, close) {
      const clearance: Clearance = { principal, close, timer: undefined };
      watch(clearance);
      return clearance;
    },
    check({ principal: { role } }, request) {
      if (request.type === 'invalid' || request.type === 'authenticate') return undefined;
      if (!isSomebody(role)) {
        return {
          error: 'unauthorized',
          message: 'this gateway wants a token: send {"action":"authenticate","token":"…"} first',
        };
      }
      if (request.type === 'stream') return denyStream(role, request);
      if (request.type !== 'subscribe') return undefined;
      return denyTopics(role, request) ?? denyHistory(role, request.fromJson, deps);
    },
    async authenticate(clearance, token) {
      const authentication = await deps.authenticator.authenticate(token);
      if (authentication.type === 'known') {
        clearance.principal = authentication.principal;
        watch(clearance);
      }
      return authentication;
    },
    recheck(clearance) {
      const { expiresAtMs } = clearance.principal;
      const renewed = deps.authenticator.recheck(clearance.principal);
      if (renewed === undefined) clearance.close(CLOSE_CODES.token_revoked, 'the token was revoked');
      else if (renewed.expiresAtMs !== expiresAtMs) {
        clearance.principal = renewed;
        watch(clearance);
      }
    },
    end({ timer }) {
      clearTimeout(timer);
    },
  };
}

/** Whether a client of this role may do anything at all. */
function isSomebody({ topics, streams, commands, isAdmin }: Role): boolean {
  return topics.size > 0 || commands.size > 0 || isAdmin || (streams?.size ?? 0) > 0;
}

function denyStream(
  role: Role,
  { action, stream }: Extract<Request, { type: 'stream' }>,
): Denial | undefined {
  if (action === 'unsubscribe' || mayDo(role, { type: 'stream', stream })) return undefined;
  return {
    error: 'forbidden_topic',
    message: `the role ${role.name} may not subscribe to the stream "${excerpt(stream)}"`,
  };
}

function denyTopics(
  role: Role,
  { topics, customTopic }: Extract<Request, { type: 'subscribe' }>,
): Denial | undefined {
  const missing: string[] = topics.filter((topic) => !mayDo(role, { type: 'topic', topic }));
  if (customTopic !== undefined && !mayDo(role, { type: 'custom_topic', name: customTopic })) {
    missing.push(customTopic);
  }
  if (missing.length === 0) return undefined;
  return {
    error: 'forbidden_topic',
    message: `the role ${role.name} may not subscribe to ${missing.join(', ')}`,
  };
}

function denyHistory(
  role: Role,
  fromJson: string | undefined,
  { tipHeight, heightInLog }: ClearanceDeps,
): Denial | undefined {
  if (fromJson === undefined || role.historyBlocks === undefined) return undefined;
  const from = parseFrom(fromJson);
  if (from.type === 'invalid') return undefined;
  // Before the tip is known nobody can say how deep a place is.
  const blocks = (tipHeight() ?? Infinity) - lowestHeight(from, heightInLog);
  if (mayDo(role, { type: 'history', blocks })) return undefined;
  return {
    error: 'forbidden_history',
    message: `the role ${role.name} may start at most ${role.historyBlocks} blocks behind the tip`,
  };
}
