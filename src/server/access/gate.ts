import type { Authenticator } from './authenticator.js';
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

  async function admitToken(token: string, client: ClientAddress): Promise<Admission> {
    const authentication = await authenticator.authenticate(token);
    if (authentication.type === 'known') {
      return { type: 'admitted', visitor: { client, principal: authentication.principal } };
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
      const shown = presentedToken(facts);
      switch (shown.type) {
        case 'none':
          return { type: 'admitted', visitor: { client, principal: anonymous(anonymousRole(from)) } };
        case 'malformed':
          return unauthorized(
            'invalid_token',
            'send one token, as "Authorization: Bearer TOKEN" or as the subprotocol bearer.TOKEN',
          );
        case 'token':
          if (shown.isPassword === true && !authenticator.takesTokens) {
            return { type: 'admitted', visitor: { client, principal: anonymous(anonymousRole(from)) } };
          }
          return admitToken(shown.token, client);
      }
    },
  };
}

function unauthorized(error: Refusal['error'], message: string): Admission {
  const headers = { 'WWW-Authenticate': 'Bearer realm="evrmore-gateway"' };
  return { type: 'refused', refusal: { status: 401, error, message, headers } };
}
