import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createThrottledLog, SAME_FAILURE_EVERY_MS } from '../../../src/observe/throttledLog.js';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly kind?: string;
  readonly failed_for_ms?: number;
}

function createTest() {
  const lines: Line[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as Line) });
  const clock = { now: 5 };
  return { clock, lines, log: createThrottledLog(logger, () => clock.now) };
}

const messages = (lines: readonly Line[]): readonly string[] => lines.map(({ msg }) => msg);

describe('createThrottledLog', () => {
  it('says the same failure at most once a minute, others beside it', () => {
    const { clock, lines, log } = createTest();
    log.failed('a', { detail: 1 }, 'a fails');
    log.failed('b', {}, 'b fails', 'error');
    clock.now += SAME_FAILURE_EVERY_MS - 1;
    log.failed('a', { detail: 2 }, 'a fails');
    expect(lines).toMatchObject([
      { level: 40, msg: 'a fails', kind: 'a', detail: 1 },
      { level: 50, msg: 'b fails', kind: 'b' },
    ]);
    clock.now += 1;
    log.failed('a', { detail: 3 }, 'a fails');
    expect(lines.at(-1)).toMatchObject({ msg: 'a fails', detail: 3 });
    expect(lines).toHaveLength(3);
  });

  it('says once that everything works again, and for how long it did not', () => {
    const { clock, lines, log } = createTest();
    log.worksAgain('works');
    log.failed('a', {}, 'a fails');
    clock.now += 100;
    log.failed('b', {}, 'b fails');
    clock.now += 100;
    log.worksAgain('works');
    log.worksAgain('works');
    expect(messages(lines)).toEqual(['a fails', 'b fails', 'works']);
    expect(lines.at(-1)).toMatchObject({ level: 30, failed_for_ms: 200 });
  });

  it('says once a minute at most what fails and works by turns', () => {
    const { clock, lines, log } = createTest();
    for (let turn = 0; turn < 10; turn += 1) {
      log.failed('a', {}, 'a fails');
      clock.now += 1000;
      log.worksAgain('works');
    }
    expect(messages(lines)).toEqual(['a fails', 'works']);
    clock.now += SAME_FAILURE_EVERY_MS;
    log.failed('a', {}, 'a fails');
    log.worksAgain('works');
    expect(messages(lines)).toEqual(['a fails', 'works', 'a fails', 'works']);
  });

  it('says that one thing works at the first time, and once after each failure that was said', () => {
    const { lines, log } = createTest();
    log.works('fresh', 'connected');
    log.works('fresh', 'connected');
    log.failed('down', {}, 'not connected');
    log.failed('other', {}, 'other fails');
    log.works('down', 'connected');
    log.works('down', 'connected');
    log.failed('down', {}, 'not connected');
    log.works('down', 'connected');
    expect(messages(lines)).toEqual(['connected', 'not connected', 'other fails', 'connected']);
  });
});
