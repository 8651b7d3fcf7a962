/** One line of the file that could not be read. The node refuses to start with such a line. */
export interface ConfSyntaxProblem {
  /** First line is 1. */
  readonly line: number;
  readonly why: string;
}

/** The keys and values of an `evrmore.conf`, as the node sees them. */
export interface EvrmoreConf {
  /** Every value of every key, in order of the file. Keys have no dash; `noX=1` is already `X=0`. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly ConfSyntaxProblem[];
}

/**
 * Reads an `evrmore.conf` as the node does (util.cpp, ReadConfigFile, on Boost's config_file_iterator): `#` starts a comment
 * anywhere in a line, also within a password; space around key and value is cut; a `[section]` line puts `section.` before
 * every later key, which makes keys that nobody reads; there is no `includeconf`; unknown keys are kept silently.
 */
export function parseEvrmoreConf(text: string): EvrmoreConf {
  const values = new Map<string, string[]>();
  const problems: ConfSyntaxProblem[] = [];
  let prefix = '';
  text.split('\n').forEach((rawLine, index) => {
    const line = trim(rawLine.replace(/#.*$/s, ''));
    if (line === '') return;
    if (line.startsWith('[') && line.endsWith(']')) {
      const section = line.slice(1, -1);
      prefix = section.endsWith('.') ? section : `${section}.`;
      return;
    }
    const equals = line.indexOf('=');
    if (equals === -1) {
      problems.push({ line: index + 1, why: 'it has no `=`' });
      return;
    }
    const [key, value] = withoutNegation(prefix + trim(line.slice(0, equals)), trim(line.slice(equals + 1)));
    const known = values.get(key);
    if (known === undefined) values.set(key, [value]);
    else known.push(value);
  });
  return { values, problems };
}

/** The value that counts for an option of one value: the first of the file. */
export function firstValue(conf: EvrmoreConf, key: string): string | undefined {
  return conf.values.get(key)?.[0];
}

/** An option that is on or off: an empty value is on, otherwise the number that the value begins with is not 0. */
export function isOn(conf: EvrmoreConf, key: string): boolean {
  const value = firstValue(conf, key);
  return value !== undefined && toBool(value);
}

function toBool(value: string): boolean {
  return value === '' || Number.parseInt(value, 10) > 0 || Number.parseInt(value, 10) < 0;
}

function withoutNegation(key: string, value: string): readonly [string, string] {
  if (!key.startsWith('no') || key.length <= 2) return [key, value];
  return [key.slice(2), toBool(value) ? '0' : '1'];
}

// The node cuts these four and no others.
function trim(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}
