import type { Topic } from '../../protocol/topics.js';

/** What the clients of one role may do. */
export interface Role {
  readonly name: string;
  /** Whether it is an operator from anywhere, see `isOperator.ts`. */
  readonly isAdmin: boolean;
  readonly topics: ReadonlySet<Topic>;
  /** Streams by name; absent: all of them. */
  readonly streams?: ReadonlySet<string> | undefined;
  /** Custom topics by name; absent: all of them. Each also needs the topic that it is made of. */
  readonly customTopics?: ReadonlySet<string> | undefined;
  /** Commands by their exact names; the guards of commands hold for every role. */
  readonly commands: ReadonlySet<string>;
  /** How far behind the tip a subscription may start, in blocks; absent: anywhere. */
  readonly historyBlocks: number | undefined;
  /** Addresses, assets and other things that the filters of one connection may name. */
  readonly filterKeys: number;
  /** Messages of one address a second; null is no limit, absent that of the settings. */
  readonly messagesPerSecond?: number | null;
  /** Units of cost of one address a second, likewise. */
  readonly costPerSecond?: number | null;
}

/** Something that a client wants to do. */
export type Action =
  | { readonly type: 'topic'; readonly topic: Topic }
  | { readonly type: 'custom_topic'; readonly name: string }
  | { readonly type: 'stream'; readonly stream: string }
  | { readonly type: 'command'; readonly command: string }
  /** To start so many blocks behind the tip. */
  | { readonly type: 'history'; readonly blocks: number }
  | { readonly type: 'filter'; readonly keys: number }
  /** To see what is for operators. */
  | { readonly type: 'operate' };

/** Whether a role may do something. What no line of it allows is denied. */
export function mayDo(role: Role, action: Action): boolean {
  switch (action.type) {
    case 'topic':
      return role.topics.has(action.topic);
    case 'custom_topic':
      return role.customTopics?.has(action.name) ?? true;
    case 'stream':
      return role.streams?.has(action.stream) ?? true;
    case 'command':
      return role.commands.has(action.command);
    case 'history':
      return role.historyBlocks === undefined || action.blocks <= role.historyBlocks;
    case 'filter':
      return action.keys <= role.filterKeys;
    case 'operate':
      return role.isAdmin;
  }
}
