import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineStream, type StreamOptions } from './defineStream.js';
import { defineTopic, type TopicOptions } from './defineTopic.js';
import type { Extension } from './extension.js';
import { ExtensionDefinitionError } from './extensionDefinitionError.js';
import type { ExtensionSource } from './sortExtensions.js';
import type { TopicSource } from './topicEvents.js';

/** Longest time that a file takes to load, in milliseconds: one that waits for something at its top holds up the start. */
const LOAD_DEADLINE_MS = 30_000;

/**
 * Loads files that define extensions: JavaScript modules that export definitions, by any name or as `default`, one or a list of them.
 * Relative paths are relative to the working directory. Throws {@link ExtensionDefinitionError}, which names the file.
 */
export async function loadExtensions(paths: readonly string[]): Promise<readonly ExtensionSource[]> {
  const loaded: ExtensionSource[] = [];
  for (const path of paths) loaded.push({ origin: originOf(path), extensions: await loadFile(path) });
  return loaded;
}

function originOf(path: string): string {
  return `--extension ${path}`;
}

async function loadFile(path: string): Promise<readonly Extension[]> {
  const wrong = (message: string, cause?: unknown): ExtensionDefinitionError =>
    new ExtensionDefinitionError(`${originOf(path)}: ${message}`, cause);
  const file = resolve(path);
  const found = await stat(file).catch((error: unknown) => {
    throw wrong('the file cannot be read; a path is relative to the working directory', error);
  });
  if (!found.isFile()) throw wrong('that is no file; name a JavaScript module');
  const exported = await importInTime(file, wrong);
  const definitions: Extension[] = [];
  for (const [name, value] of Object.entries(exported)) {
    for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (isMarked(one)) definitions.push(check(one, wrong));
      else if (name === 'default') throw wrong(`its default export is no definition; ${HOW}`);
    }
  }
  // The same definition may be exported by name and as default.
  const different = [...new Map(definitions.map((each) => [each, each])).keys()];
  if (different.length === 0) throw wrong(`it exports no definition; ${HOW}`);
  return different;
}

const HOW = 'export what defineTopic or defineStream gives, or a list of that';

async function importInTime(
  file: string,
  wrong: (message: string, cause?: unknown) => ExtensionDefinitionError,
): Promise<Readonly<Record<string, unknown>>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new Error(`it has not loaded within ${LOAD_DEADLINE_MS} ms; does it wait for something at its top?`),
      );
    }, LOAD_DEADLINE_MS);
  });
  try {
    const loading = import(pathToFileURL(file).href) as Promise<Readonly<Record<string, unknown>>>;
    return await Promise.race([loading, late]);
  } catch (error) {
    // What defineTopic says of a wrong definition comes this way too, and does not name the file.
    throw wrong(`it cannot be loaded: ${whyNot(error)}`, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The words of what was thrown, and what to do where the file does not find this package from its place. */
function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isPackageMissing =
    (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes("'evrmore-gateway'");
  return isPackageMissing ? `${error.message}. ${WHERE}` : error.message;
}

const WHERE =
  "Put it into the gateway's folder, install the package in the file's own, or export { kind: 'topic', … } without an import";

function isMarked(value: unknown): value is { readonly kind: 'topic' | 'stream' } {
  if (typeof value !== 'object' || value === null) return false;
  const { kind } = value as { readonly kind?: unknown };
  return kind === 'topic' || kind === 'stream';
}

/** A file may mark its definitions itself, and then nothing has looked at them yet. */
function check(
  value: { readonly kind: 'topic' | 'stream' },
  wrong: (message: string, cause?: unknown) => ExtensionDefinitionError,
): Extension {
  try {
    return value.kind === 'topic'
      ? defineTopic(value as unknown as TopicOptions<TopicSource>)
      : defineStream(value as unknown as StreamOptions<unknown>);
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error), error);
  }
}
