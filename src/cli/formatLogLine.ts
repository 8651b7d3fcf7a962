const COLOURS: Readonly<Record<string, number>> = {
  trace: 90,
  debug: 90,
  info: 32,
  warn: 33,
  error: 31,
  fatal: 31,
};

/**
 * One JSON log line for people: time of day, level, message, then the fields as `key=value`. A line that is no JSON object is
 * given back as it is.
 */
export function formatLogLine(line: string, colour: boolean): string {
  const fields = parseLine(line);
  if (fields === undefined) return line;
  const { level, time, msg, err, ...rest } = fields;
  const name = typeof level === 'string' ? level : 'info';
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const label = paint(name.toUpperCase().padEnd(5), COLOURS[name] ?? 0, colour);
  const pairs = Object.entries(rest).map(([key, value]) => paint(`${key}=${show(value)}`, 90, colour));
  const text = [clock, label, typeof msg === 'string' ? msg : '', ...pairs].join(' ');
  return `${text}${showError(err)}\n`;
}

/** Puts a text into a colour of the terminal (an SGR code), where colours are wanted. */
export function paint(text: string, code: number, colour: boolean): string {
  return colour ? `\u001b[${code}m${text}\u001b[0m` : text;
}

function show(value: unknown): string {
  if (typeof value === 'string') return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}

function showError(err: unknown): string {
  if (typeof err !== 'object' || err === null) return err === undefined ? '' : ` err=${show(err)}`;
  const { stack, message } = err as Readonly<Record<string, unknown>>;
  if (typeof stack === 'string') return `\n${stack}`;
  return typeof message === 'string' ? ` err=${show(message)}` : '';
}

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
