import { parseTopic } from '../protocol/topics.js';
import { ExtensionDefinitionError } from './extensionDefinitionError.js';
import type { ExtensionRpc } from './extensionRpc.js';
import { TOPIC_SOURCES, type TopicEvents, type TopicSource } from './topicEvents.js';

/** What {@link defineTopic} is given. */
export interface TopicOptions<On extends TopicSource> {
  /** What clients subscribe to, and the type of its messages: 1 to 64 lower-case letters, digits and `_`, a letter first. */
  readonly name: string;
  /** Of which events it is made. */
  readonly on: On;
  /**
   * Makes the data of a message of an event, or `undefined`: then nothing is told of it. It is called for each event in its order, while
   * somebody is subscribed, and again for the past that a client asks for: what it gives is to depend on the event, and on what the
   * chain says of it, alone. What it gives is printed as JSON, 1 MiB at most.
   *
   * Where it throws, or takes longer than the deadline (`--topic-deadline-ms`), the subscribers are told that the event could not be
   * mapped, and the topic goes on with the next one.
   */
  map(event: TopicEvents[On], rpc: ExtensionRpc): unknown;
}

/** A custom topic as {@link defineTopic} makes it. */
export interface TopicDefinition<On extends TopicSource = TopicSource> extends TopicOptions<On> {
  readonly kind: 'topic';
}

const NAME = /^[a-z][a-z0-9_]{0,63}$/;
/** Types of messages that are no events: a topic's messages must be told from them. */
const RESERVED: readonly string[] = [
  'authenticated',
  'block_disconnected',
  'closing',
  'error',
  'event',
  'final',
  'gap',
  'metrics_update',
  'pong',
  'reorg',
  'response',
  'skipped',
  'status',
  'stream',
  'subscribed',
  'subscription',
  'unmapped',
  'unsubscribed',
  'welcome',
];

/**
 * Defines a topic whose events are made of those of another: with cursors, filters and slow readers as any topic.
 *
 * ```js
 * export default defineTopic({
 *   name: 'large_blocks',
 *   on: 'block',
 *   map: ({ type, data }) =>
 *     type === 'block' && data.tx_count > 100 ? { hash: data.hash, tx_count: data.tx_count } : undefined,
 * });
 * ```
 *
 * Throws {@link ExtensionDefinitionError}.
 */
export function defineTopic<On extends TopicSource>(options: TopicOptions<On>): TopicDefinition<On> {
  const { name, on } = options;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new ExtensionDefinitionError(
      'a topic needs a name of 1 to 64 lower-case letters, digits and _, a letter first',
    );
  }
  if (parseTopic(name) !== undefined || RESERVED.includes(name)) {
    throw new ExtensionDefinitionError(`a topic cannot be named ${name}: the gateway uses that name itself`);
  }
  if (!Object.hasOwn(TOPIC_SOURCES, on)) {
    throw new ExtensionDefinitionError(
      `topic ${name}: on is one of ${Object.keys(TOPIC_SOURCES).join(', ')}`,
    );
  }
  if (typeof options.map !== 'function') {
    throw new ExtensionDefinitionError(`topic ${name}: map is a function`);
  }
  return { ...options, kind: 'topic' };
}
