import { createHash } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';

/** Time between two looks at a file. */
const LOOK_INTERVAL_MS = 1000;

/**
 * Calls back when one of the files changes, is replaced or comes into being. Files are looked at by their names, so that what links
 * and renames put there is seen too. Gives the function that ends it.
 */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
  const listeners = paths.map((path) => {
    const listener = (): void => {
      onChange();
    };
    watchFile(path, { interval: LOOK_INTERVAL_MS, persistent: false }, listener);
    return { path, listener };
  });
  return () => {
    for (const { path, listener } of listeners) unwatchFile(path, listener);
  };
}

/** Tells whether what was read is new: a signal and the watch of a file both make it be read, and only one is to speak of it. */
export type ChangeFilter = (read: string) => boolean;

/** `first` is what was read at the start. Only a hash is kept of it. */
export function createChangeFilter(first: string): ChangeFilter {
  let last = hashOf(first);
  return (read) => {
    const hash = hashOf(read);
    const isNew = hash !== last;
    last = hash;
    return isNew;
  };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64');
}
