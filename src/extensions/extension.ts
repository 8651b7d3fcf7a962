import type { StreamDefinition } from './defineStream.js';

/** What a gateway can be extended by; `kind` tells one from the other. */
export type Extension = StreamDefinition;
