import type { Audience } from '../../extensions/defineStream.js';
import type { ClientAddress } from './clientAddress.js';
import { isOperator } from './isOperator.js';
import { mayDo, type Role } from './role.js';

/** To whom a client counts: the addresses of the node's peers are shown to operators alone. */
export function audienceOf(client: Pick<ClientAddress, 'isLocal'>, role: Role): Audience {
  const maySeePeers = isOperator(client, role) || mayDo(role, { type: 'command', command: 'getpeerinfo' });
  return maySeePeers ? 'operator' : 'public';
}
