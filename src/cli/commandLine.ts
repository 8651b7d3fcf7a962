import { basename, relative, sep } from 'node:path';
import { PROGRAM } from './cliTypes.js';

/**
 * How this program is called again from the same folder: `node dist/main.js` in a checkout, `npx evrmore-gateway` where npx or a
 * package's own `node_modules` has it, else its name.
 */
export function commandLine(scriptPath: string, cwd: string): string {
  if (basename(scriptPath) === PROGRAM) {
    return scriptPath.split(sep).includes('node_modules') ? `npx ${PROGRAM}` : PROGRAM;
  }
  const path = relative(cwd, scriptPath);
  return `node ${shellWord(path.startsWith('..') ? scriptPath : path)}`;
}

/** A word for a POSIX shell, quoted where it must be. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
