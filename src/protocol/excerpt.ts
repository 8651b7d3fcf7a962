/** The most characters of a client's text that a message repeats. */
const MAX_EXCERPT_CHARS = 40;

/**
 * A short safe part of a text that a stranger chose, for an error message: at most 40 characters, `...` when
 * there were more, and `?` for everything that is not a printable ASCII character or is a quote or backslash.
 */
export function excerpt(text: string): string {
  const head = text.slice(0, MAX_EXCERPT_CHARS).replace(/[^\x20-\x7e]|["\\]/g, '?');
  return text.length > MAX_EXCERPT_CHARS ? `${head}...` : head;
}
