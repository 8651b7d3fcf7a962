import type { StreamDefinition } from './defineStream.js';
import type { TopicDefinition } from './defineTopic.js';
import type { Extension } from './extension.js';
import { ExtensionDefinitionError } from './extensionDefinitionError.js';

/** The extensions of a gateway by kind. */
export interface SortedExtensions {
  readonly streams: readonly StreamDefinition[];
  readonly topics: readonly TopicDefinition[];
}

/** Extensions, and where they come from. */
export interface ExtensionSource {
  /** For people: a file as the operator named it, or whose they are. */
  readonly origin: string;
  readonly extensions: readonly Extension[];
}

/** Extensions of each kind in one gateway. */
export const MAX_EXTENSIONS = 64;

/** Sorts extensions by kind. Throws an {@link ExtensionDefinitionError} for those that cannot be served together. */
export function sortExtensions(sources: readonly ExtensionSource[]): SortedExtensions {
  const seen = new Map<string, { readonly kind: Extension['kind']; readonly origin: string }>();
  for (const { origin, extensions } of sources) {
    for (const { name, kind } of extensions) {
      const other = seen.get(name);
      if (other !== undefined) {
        const what = other.kind === kind ? `there are two ${kind}s` : 'a topic and a stream are both';
        const where = other.origin === origin ? `both of ${origin}` : `of ${other.origin} and of ${origin}`;
        throw new ExtensionDefinitionError(
          `${what} named ${name}; give one of your own another name (${where})`,
        );
      }
      seen.set(name, { kind, origin });
    }
  }
  const extensions = sources.flatMap((source) => source.extensions);
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
