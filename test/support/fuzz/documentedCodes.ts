import { readFileSync } from 'node:fs';

/** The numbers that PROTOCOL.md names: nothing else may come from the gateway. */
export interface DocumentedCodes {
  /** Of the gateway's own errors. */
  readonly errors: ReadonlySet<number>;
  /** Of JSON-RPC. */
  readonly jsonRpcErrors: ReadonlySet<number>;
  readonly closes: ReadonlySet<number>;
  readonly httpStatuses: ReadonlySet<number>;
}

/** Reads the tables of PROTOCOL.md. */
export function readDocumentedCodes(): DocumentedCodes {
  const document = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');
  const chapter = (title: string, level: string): string => {
    const [, rest = ''] = document.split(`\n${level} ${title}`, 2);
    const end = rest.search(level === '##' ? /\n## / : /\n##/);
    return end < 0 ? rest : rest.slice(0, end);
  };
  const firstCells = (text: string): ReadonlySet<number> =>
    new Set([...text.matchAll(/^\| (-?\d+)\s*\|/gm)].map(([, number]) => Number(number)));
  const errors = chapter('9. Error codes', '##');
  const http = chapter('12.4 HTTP JSON-RPC', '###');
  return {
    errors: firstCells(errors),
    jsonRpcErrors: firstCells(chapter('12.2 JSON-RPC 2.0', '###')),
    closes: firstCells(chapter('10. Close codes', '##')),
    httpStatuses: new Set([
      ...firstCells(http),
      ...[...`${errors}${http}`.matchAll(/HTTP (\d{3})/g)].map(([, status]) => Number(status)),
      101,
    ]),
  };
}
