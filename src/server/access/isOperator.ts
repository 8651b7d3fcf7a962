import type { ClientAddress } from './clientAddress.js';
import { mayDo, type Role } from './role.js';

/**
 * Whether a client may see what is for operators, such as the metrics and the whole health record: programs of the same machine, and
 * administrators from anywhere.
 */
export function isOperator(client: Pick<ClientAddress, 'isLocal'>, role: Role): boolean {
  return client.isLocal || mayDo(role, { type: 'operate' });
}
