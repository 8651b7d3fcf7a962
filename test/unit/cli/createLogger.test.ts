import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/cli/createLogger.js';
import { formatLogLine } from '../../../src/cli/formatLogLine.js';
import { loadSettings } from '../../../src/config/loadSettings.js';

function logged(flags: Record<string, unknown>, isTTY: boolean, env: { NO_COLOR?: string } = {}) {
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const loaded = loadSettings({ flags });
  if ('problems' in loaded) throw new Error('settings');
  return { lines, logger: createLogger(loaded.ok, Object.assign(stream, { isTTY }), env) };
}

describe('createLogger', () => {
  it('writes JSON where there is no terminal', () => {
    const { lines, logger } = logged({}, false);
    logger.info({ height: 5 }, 'block connected');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', height: 5, msg: 'block connected' });
  });

  it('writes for people on a terminal, in colour unless NO_COLOR is set', () => {
    const coloured = logged({}, true);
    coloured.logger.warn({ height: 5 }, 'block connected');
    expect(coloured.lines[0]).toContain('\u001b[33mWARN \u001b[0m block connected');
    const plain = logged({}, true, { NO_COLOR: '1' });
    plain.logger.warn({ height: 5, why: 'a b' }, 'block connected');
    expect(plain.lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}block connected height=5 why="a b"\n$/);
  });

  it('obeys the format and level that are set', () => {
    const { lines, logger } = logged({ 'log-format': 'json', 'log-level': 'error' }, true);
    logger.warn('no');
    logger.error('yes');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{/);
  });

  it('cuts out what is called a secret, should one be passed by mistake', () => {
    const { lines, logger } = logged({ 'log-format': 'json' }, false);
    logger.error(
      { rpcUrl: 'planted', node: { password: 'planted', rpcUrl: 'planted' }, cookie: 'planted' },
      'x',
    );
    expect(lines.join()).not.toContain('planted');
  });

  it('tells the stack of an error to people too', () => {
    const { lines, logger } = logged({ 'log-format': 'pretty' }, false);
    logger.error({ err: new Error('broken') }, 'failed');
    expect(lines[0]).toMatch(/ERROR failed\nError: broken\n {4}at /);
  });
});

describe('formatLogLine', () => {
  it('gives back what is no JSON object', () => {
    expect(formatLogLine('plain\n', false)).toBe('plain\n');
    expect(formatLogLine('5\n', false)).toBe('5\n');
  });
});
