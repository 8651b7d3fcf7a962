import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { clientsWithin, readOpenFileLimit } from '../../../src/server/openFiles.js';

const folder = mkdtempSync(join(tmpdir(), 'open-files-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function limitsFile(soft: string): string {
  const path = join(folder, soft);
  writeFileSync(
    path,
    'Limit                     Soft Limit           Hard Limit           Units     \n' +
      'Max processes             96263                96263                processes \n' +
      `Max open files            ${soft.padEnd(20)} 524288               files     \n`,
  );
  return path;
}

describe('the limit of open files', () => {
  it('is the soft one that Linux tells', () => {
    expect(readOpenFileLimit(limitsFile('1024'))).toBe(1024);
    expect(readOpenFileLimit(limitsFile('unlimited'))).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not known where there is no such file, or another text in it', () => {
    expect(readOpenFileLimit(join(folder, 'missing'))).toBeUndefined();
    const path = join(folder, 'other');
    writeFileSync(path, 'nothing of the kind');
    expect(readOpenFileLimit(path)).toBeUndefined();
  });

  it('leaves some for what is no client', () => {
    expect(clientsWithin(1024)).toBe(768);
    expect(clientsWithin(100)).toBe(0);
    expect(clientsWithin(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });
});
