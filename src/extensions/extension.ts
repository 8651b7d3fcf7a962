import type { StreamDefinition } from './defineStream.js';
import type { TopicDefinition } from './defineTopic.js';

/** What a gateway can be extended by; `kind` tells one kind from another. */
export type Extension = StreamDefinition | TopicDefinition;
