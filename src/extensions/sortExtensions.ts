import type { StreamDefinition } from './defineStream.js';
import type { TopicDefinition } from './defineTopic.js';
import type { Extension } from './extension.js';
import { ExtensionDefinitionError } from './extensionDefinitionError.js';

/** The extensions of a gateway by kind. */
export interface SortedExtensions {
  readonly streams: readonly StreamDefinition[];
  readonly topics: readonly TopicDefinition[];
}

/** Extensions of each kind in one gateway. */
export const MAX_EXTENSIONS = 64;

/** Sorts extensions by kind. Throws an {@link ExtensionDefinitionError} for those that cannot be served together. */
export function sortExtensions(extensions: readonly Extension[]): SortedExtensions {
  const kinds = new Map<string, Extension['kind']>();
  for (const { name, kind } of extensions) {
    const other = kinds.get(name);
    if (other !== undefined) {
      const what = other === kind ? `there are two ${kind}s` : 'a topic and a stream are both';
      throw new ExtensionDefinitionError(`${what} named ${name}; give one of your own another name`);
    }
    kinds.set(name, kind);
  }
  const sorted: SortedExtensions = {
    streams: extensions.filter((extension) => extension.kind === 'stream'),
    topics: extensions.filter((extension) => extension.kind === 'topic'),
  };
  for (const [kind, { length }] of Object.entries(sorted)) {
    if (length > MAX_EXTENSIONS) {
      throw new ExtensionDefinitionError(`there are ${length} ${kind}; at most ${MAX_EXTENSIONS} are taken`);
    }
  }
  return sorted;
}
