import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runBench } from '../support/program.js';

/** What a bench prints with `--json`. */
interface Result {
  readonly name: string;
  readonly title: string;
  readonly machine: string;
  readonly versions: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly aim: string;
}

async function resultOf(argv: readonly string[]): Promise<Result> {
  const bench = runBench([...argv, '--json']);
  expect(await bench.ended(), bench.stderr()).toBe(0);
  return JSON.parse(bench.stdout()) as Result;
}

/** The column of that name, by the names of the rows. */
function column({ columns, rows }: Result, name: string): Readonly<Record<string, string | number>> {
  const at = columns.indexOf(name);
  return Object.fromEntries(rows.map((row) => [String(row[0]), row[at] ?? '']));
}

/** Every bench as small as it can be: that it runs to its end and that all arrives. What it measures so says nothing. */
const SMALL: readonly (readonly [name: string, flags: readonly string[], check: (result: Result) => void])[] =
  [
    [
      'latency',
      ['--transactions', '2', '--blocks', '2', '--warm-up', '1'],
      ({ rows }) => {
        expect(rows.map(([what]) => what)).toEqual(['transaction', 'block']);
      },
    ],
    [
      'block',
      ['--payments', '20', '--rounds', '1', '--settle-seconds', '1'],
      (result) => {
        expect(column(result, 'transactions delivered')).toEqual({ 'whole block': '21 of 21' });
      },
    ],
    [
      'history',
      ['--blocks', '10', '--rounds', '1'],
      ({ rows }) => {
        expect(rows.map(([what]) => what)).toEqual(['blocks', 'transactions']);
      },
    ],
    [
      'filters',
      ['--keys', '2,20', '--blocks', '1', '--rounds', '1', '--warm-ups', '0'],
      ({ rows }) => {
        // The bench itself counts the events that are sent.
        expect(rows.map(([keys]) => keys)).toEqual(['2', '20']);
      },
    ],
    [
      'fanout-burst',
      ['--clients', '4', '--messages', '20', '--slow-messages', '5', '--rounds', '1', '--rivals', 'ws'],
      (result) => {
        expect(Object.values(column(result, 'delivered'))).toEqual([80, 80, 20]);
      },
    ],
    [
      'fanout-single',
      // prettier-ignore
      ['--clients', '4', '--messages', '20', '--slow-messages', '5', '--rounds', '1', '--coalesce', '0,20', '--rivals', 'socket.io'],
      (result) => {
        expect(Object.values(column(result, 'delivered'))).toEqual([80, 80, 80, 80, 20]);
      },
    ],
    [
      'mixed',
      ['--clients', '20', '--filter-sets', '2', '--seconds', '1', '--warm-up-seconds', '0'],
      (result) => {
        expect(column(result, 'messages/s')['transactions: 2 clients']).toBeGreaterThan(0);
      },
    ],
    [
      'hostile',
      // prettier-ignore
      ['--kinds', 'halfOpen,pings,all', '--live', '2', '--per-second', '20', '--seconds', '1', '--rounds', '1', '--half-open', '10', '--attackers', '1'],
      (result) => {
        const did = Object.values(column(result, 'attackers')).slice(0, -2);
        expect(did).toHaveLength(3);
        for (const text of did) expect(text).toMatch(/^[1-9]\d* connections, [1-9]\d* sent/);
      },
    ],
    [
      'coalesce',
      // prettier-ignore
      ['--clients', '4', '--settings', '0,20', '--per-second', '20', '--seconds', '1', '--rounds', '1'],
      (result) => {
        expect(Object.values(column(result, 'delivered'))).toEqual([80, 80]);
      },
    ],
    [
      'slow-reader',
      ['--clients', '8', '--slow', '2', '--bursts', '1', '--messages', '5', '--rounds', '2'],
      ({ rows }) => {
        expect(rows.map(([what]) => what)).toContain('memory of the gateway at its most');
      },
    ],
    [
      'connections',
      // prettier-ignore
      ['--clients', '20', '--live', '2', '--missed', '5', '--live-seconds', '1', '--settle-seconds', '1', '--rounds', '1'],
      (result) => {
        expect(column(result, 'ratio or figure')['cut all, all resumed: share']).toBe(1);
        expect(column(result, 'detail')['cut all, all resumed: share']).toContain(
          '; 0 of 100 messages lost, 0 out of order;',
        );
      },
    ],
  ];

describe.skipIf(!existsSync('/proc/self/schedstat'))('the benchmark', () => {
  it.each(SMALL)(
    '%s runs to its end, gives one table and counts what arrives',
    async (name, flags, check) => {
      const result = await resultOf([name, ...flags]);
      expect(result.name).toBe(name);
      for (const text of [result.title, result.machine, result.aim]) expect(text).not.toBe('');
      expect(result.versions).toMatch(/^evrmore-gateway \S+, Node v/);
      expect(new Set(result.rows.map((row) => row.length))).toEqual(new Set([result.columns.length]));
      check(result);
    },
  );

  it('leaves nothing behind when it is interrupted', async () => {
    const bench = runBench([
      'fanout-burst',
      '--clients',
      '4',
      '--messages',
      '5',
      '--rounds',
      '100000',
      '--rivals',
      'ws',
    ]);
    await bench.waitFor(/round 1 of/, 'stderr');
    const { pid } = bench.child;
    const started = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
    // The node, the gateway, the bare writes, the rival, two processes of clients.
    expect(started).toHaveLength(6);
    bench.child.kill('SIGINT');
    expect(await bench.ended()).toBe(130);
    await expect.poll(() => started.filter((child) => existsSync(`/proc/${child}`))).toEqual([]);
  });

  it('with a flag that it does not have names those that it has', async () => {
    const bench = runBench(['fanout-burst', '--no-such-flag']);
    expect(await bench.ended()).toBe(1);
    expect(bench.stderr()).toContain('--no-such-flag');
    expect(bench.stderr()).toContain('[--clients 1000]');
  });

  it('without a name names all', async () => {
    const bench = runBench([]);
    expect(await bench.ended()).toBe(1);
    for (const [name] of SMALL) expect(bench.stderr()).toContain(name);
  });
});
