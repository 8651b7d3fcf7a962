import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { SOON, startGatewayHarness, type TestGateway } from '../gatewayHarness.js';
import { simulatedTruth } from '../simulatedTruth.js';
import { startSocketReader } from '../socketReader.js';

/** A gateway that is attacked, and a client that only wants its events. */
export interface FuzzTarget {
  readonly gateway: TestGateway;
  readonly port: number;
  /** Something happens on the chain. */
  live(): Promise<void>;
  /** Memory that is in use once what is not is taken away, in bytes. */
  usedBytes(): Promise<number>;
  /** Looks whether all is as it was: nothing failed, nobody is left, and the client has had all its events in order. */
  expectUnharmed(): Promise<void>;
  close(): Promise<void>;
}

/** Level from which on a line of the log is a complaint. */
const WARN = 40;
/** Starts it, with settings that let one address send as much as it likes. */
export async function startFuzzTarget(): Promise<FuzzTarget> {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', onUnhandled);
  const harness = await startGatewayHarness();
  const gateway = await harness.start();
  await gateway.untilAgreed();
  const { control } = harness.node;
  // Some of what is sent subscribes to topics that `all` leaves out: their events are numbers that the reader is not shown.
  const reader = startSocketReader('all', simulatedTruth(control), () => gateway.url, false);
  await expect.poll(() => reader.isLive, SOON).toBe(true);

  return {
    gateway,
    port: Number(new URL(gateway.url).port),
    async live() {
      await control.pay(1);
      await control.mine(1);
    },
    async usedBytes() {
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      // What a connection held is let go of in the turns after its end.
      for (let turn = 0; turn < 3; turn += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        collect();
      }
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    },
    async expectUnharmed() {
      expect(unhandled).toEqual([]);
      expect(gateway.logLines.filter(({ level }) => Number(level) >= WARN)).toEqual([]);
      // The client alone is left, on the connection that it began with.
      await expect.poll(() => gateway.health().clients, SOON).toBe(1);
      await expect.poll(() => reader.differences(), SOON).toEqual([]);
      expect(reader.mistakes()).toEqual([]);
      expect(reader.connections).toBe(1);
      expect(({} as Readonly<Record<string, unknown>>)['polluted']).toBeUndefined();
    },
    async close() {
      await reader.close();
      await harness.close();
      process.off('unhandledRejection', onUnhandled);
    },
  };
}
