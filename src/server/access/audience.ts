import type { Audience } from '../../extensions/defineStream.js';
import type { ClientAddress } from './clientAddress.js';
import { mayDo, type Role } from './role.js';

/** To whom a client counts: the addresses of the node's peers are shown to operators alone. */
export function audienceOf({ isLocal }: Pick<ClientAddress, 'isLocal'>, role: Role): Audience {
  const isOperator =
    isLocal || mayDo(role, { type: 'operate' }) || mayDo(role, { type: 'command', command: 'getpeerinfo' });
  return isOperator ? 'operator' : 'public';
}
