/** One series of a scrape. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with its help, type and series; those of a histogram are its buckets, sum and count. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly series: readonly Series[];
}

const COMMENT = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;
const SERIES = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,|$)/y;
const SUFFIXES = ['', '_bucket', '_sum', '_count'];

/** Reads Prometheus' text format 0.0.4; throws at everything that is not it, and at a series that is there twice. */
export function parseMetrics(text: string): ReadonlyMap<string, Metric> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const metrics = new Map<string, { name: string; help: string; type: string; series: Series[] }>();
  const seen = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, kind, commented = '', words = ''] = COMMENT.exec(line) ?? [];
    if (kind === 'HELP') {
      if (metrics.has(commented)) throw new Error(`twice: ${line}`);
      metrics.set(commented, { name: commented, help: words, type: '', series: [] });
      continue;
    }
    if (kind === 'TYPE') {
      const metric = metrics.get(commented);
      if (metric === undefined) throw new Error(`no help before ${line}`);
      metric.type = words;
      continue;
    }
    const [, name, labelText = '', valueText = ''] = SERIES.exec(line) ?? [];
    if (name === undefined) throw new Error(`not understood: ${line}`);
    const key = line.slice(0, line.lastIndexOf(' '));
    if (seen.has(key)) throw new Error(`twice: ${line}`);
    seen.add(key);
    const owner = SUFFIXES.map((suffix) => metrics.get(name.slice(0, name.length - suffix.length))).find(
      (metric, index) => metric !== undefined && name === metric.name + (SUFFIXES[index] ?? ''),
    );
    if (owner === undefined) throw new Error(`no metric for ${line}`);
    owner.series.push({ name, labels: parseLabels(labelText), value: parseValue(valueText) });
  }
  return metrics;
}

/** The value of a series; throws when there is none. */
export function valueOf(
  metrics: ReadonlyMap<string, Metric>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  for (const { series } of metrics.values()) {
    const found = series.find(
      (one) =>
        one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
    );
    if (found !== undefined) return found.value;
  }
  throw new Error(`no series ${name} ${JSON.stringify(labels)}`);
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const [, name, value = ''] = LABEL.exec(text) ?? [];
    if (name === undefined) throw new Error(`labels not understood: ${text}`);
    labels[name] = value;
  }
  return labels;
}

function parseValue(text: string): number {
  const value = text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
  if (Number.isNaN(value)) throw new Error(`no number: ${text}`);
  return value;
}
