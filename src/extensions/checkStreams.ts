import { ExtensionDefinitionError, type StreamDefinition } from './defineStream.js';

/** Streams of one gateway. */
export const MAX_STREAMS = 64;

/** Throws an {@link ExtensionDefinitionError} for streams that cannot be served together. */
export function checkStreams(streams: readonly StreamDefinition[]): void {
  if (streams.length > MAX_STREAMS) {
    throw new ExtensionDefinitionError(
      `there are ${streams.length} streams; at most ${MAX_STREAMS} are taken`,
    );
  }
  const names = streams.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ExtensionDefinitionError(`there are two streams named ${twice}`);
}
