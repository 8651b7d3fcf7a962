/** Longest message of the node that is passed on, in characters. */
export const MAX_NODE_MESSAGE_CHARS = 300;

// An absolute path of two parts or more, after a space, quote, bracket, `=` or `:`. Asset names (`ROOT/SUB`) do not match.
const UNIX_PATH = /(^|[\s"'`([=:,])~?(?:\/[\w.@+-]+){2,}\/?/g;
const HOME_PATH = /(^|[\s"'`([=:,])~\/[\w.@+-]+/g;
const WINDOWS_PATH = /\b[A-Za-z]:\\[^\s"'`)\]]*/g;
// eslint-disable-next-line no-control-regex -- control characters are exactly what is taken out
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/**
 * A node's error message as it may be shown: its first line (an error about the number of arguments carries the whole
 * help text), at most {@link MAX_NODE_MESSAGE_CHARS} characters, file paths of the node's machine replaced by `<path>`.
 */
export function shortenNodeMessage(message: string): string {
  const firstLine = message.trimStart().split(/[\r\n]/, 1)[0] ?? '';
  const clean = firstLine
    .slice(0, 4 * MAX_NODE_MESSAGE_CHARS)
    .replace(WINDOWS_PATH, '<path>')
    .replace(UNIX_PATH, '$1<path>')
    .replace(HOME_PATH, '$1<path>')
    .replace(CONTROL, ' ')
    .trim();
  const characters = Array.from(clean);
  if (characters.length <= MAX_NODE_MESSAGE_CHARS) return clean;
  return `${characters.slice(0, MAX_NODE_MESSAGE_CHARS - 1).join('')}…`;
}
