/**
 * Indents a JSON text by two spaces a level, without reading its values: every number keeps its digits. `text` must be valid
 * JSON.
 */
export function indentJson(text: string): string {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/gs) ?? [];
  let out = '';
  let depth = 0;
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (token === '{' || token === '[') {
      const isEmpty = next === '}' || next === ']';
      depth += 1;
      out += isEmpty ? token : token + lineBreak(depth);
    } else if (token === '}' || token === ']') {
      depth -= 1;
      const before = tokens[index - 1];
      out += before === '{' || before === '[' ? token : lineBreak(depth) + token;
    } else if (token === ',') {
      out += token + lineBreak(depth);
    } else {
      out += token === ':' ? ': ' : token;
    }
  });
  return out;
}

/** The text of a word of the command line as JSON: as it is where it is JSON, else as a string. */
export function jsonOfWord(word: string): string {
  try {
    JSON.parse(word);
    return word;
  } catch {
    return JSON.stringify(word);
  }
}

function lineBreak(depth: number): string {
  return `\n${'  '.repeat(depth)}`;
}
