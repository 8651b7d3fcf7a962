import type { Authenticator } from './authenticator.js';
import { calledUrl } from './calledUrl.js';
import { checkRequest, type RequestRules } from './checkRequest.js';
import { clientAddress, type ClientAddress, type ProxyList } from './clientAddress.js';
import { foreignOrigin } from './decideOrigin.js';
import { NO_ROLE } from './parseRoles.js';
import { presentedToken } from './presentedToken.js';
import { anonymous, type Principal } from './principal.js';
import type { Refusal } from './refusal.js';
import type { RequestFacts } from './requestFacts.js';
import type { Role } from './role.js';

/** Who is let in as what. */
export interface GateOptions extends RequestRules {
  readonly proxies: ProxyList;
  readonly roles: ReadonlyMap<string, Role>;
  /**
   * Role of who shows no token, or `none`; absent: `anonymous`, but `none` for clients of other machines where tokens are taken at all.
   */
  readonly anonymousRole: string | undefined;
}

/** A request or handshake that is let in. */
export interface Visitor {
  readonly client: ClientAddress;
  readonly principal: Principal;
  /** By what URL it calls the gateway, as one for WebSocket; absent where that cannot be told. */
  readonly calledUrl: string | undefined;
}

/** What becomes of a request or handshake. */
export type Admission =
  | { readonly type: 'admitted'; readonly visitor: Visitor }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** Looks at every request and handshake first. */
export interface Gate {
  /** At once where no token is shown; never rejects. */
  admit(facts: RequestFacts): Admission | Promise<Admission>;
}

/** May do nothing: who has to show a token first. */
export const NOBODY: Role = {
  name: NO_ROLE,
  isAdmin: false,
  topics: new Set(),
  streams: new Set(),
  commands: new Set(),
  historyBlocks: 0,
  filterKeys: 0,
};

/** One gate for WebSocket and HTTP. */
export function createGate(options: GateOptions, deps: { readonly authenticator: Authenticator }): Gate {
  const { authenticator } = deps;

  function anonymousRole(client: ClientAddress): Role {
    const name =
      options.anonymousRole ?? (client.isLocal || !authenticator.takesTokens ? 'anonymous' : NO_ROLE);
    return options.roles.get(name) ?? NOBODY;
  }

  async function admitToken(token: string, visitor: Omit<Visitor, 'principal'>): Promise<Admission> {
    const authentication = await authenticator.authenticate(token);
    if (authentication.type === 'known') {
      return { type: 'admitted', visitor: { ...visitor, principal: authentication.principal } };
    }
    return unauthorized(authentication.error, authentication.message);
  }

  return {
    admit(facts) {
      const refusal = checkRequest(facts, options);
      if (refusal !== undefined) return { type: 'refused', refusal };
      const from = clientAddress(facts, options.proxies);
      // A page of another origin is no program of this machine, though the browser that speaks for it may be one.
      const client = foreignOrigin(facts) === undefined ? from : { ...from, isLocal: false };
      const visitor = { client, calledUrl: calledUrl(facts, options.proxies) };
      const shown = presentedToken(facts);
      const admitAnonymous = (): Admission => ({
        type: 'admitted',
        visitor: { ...visitor, principal: anonymous(anonymousRole(from)) },
      });
      switch (shown.type) {
        case 'none':
          return admitAnonymous();
        case 'malformed':
          return unauthorized(
            'invalid_token',
            'send one token, as "Authorization: Bearer TOKEN" or as the subprotocol bearer.TOKEN',
          );
        case 'token':
          return shown.isPassword === true && !authenticator.takesTokens
            ? admitAnonymous()
            : admitToken(shown.token, visitor);
      }
    },
  };
}

function unauthorized(error: Refusal['error'], message: string): Admission {
  const headers = { 'WWW-Authenticate': 'Bearer realm="evrmore-gateway"' };
  return { type: 'refused', refusal: { status: 401, error, message, headers } };
}
