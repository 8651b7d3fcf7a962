import { afterEach, describe, expect, it } from 'vitest';
import type { ServerOptions } from '../../src/server/serverTypes.js';
import { SOON } from '../support/gatewayHarness.js';
import { connectNewcomer, STRANGER_ADDRESS } from '../support/raw/newcomer.js';
import { clientFrame, OPCODE } from '../support/raw/frames.js';
import { connectRaw } from '../support/raw/rawPeer.js';
import { startServer, type ServerHarness } from '../support/serverHarness.js';

let harness: ServerHarness | undefined;

afterEach(() => harness?.close());

async function serve(options: Partial<ServerOptions>): Promise<ServerHarness> {
  harness = await startServer(options);
  return harness;
}

const from = (address: string): { headers: Record<string, string> } => ({
  headers: { 'X-Forwarded-For': address },
});

async function offend(server: ServerHarness, address: string): Promise<void> {
  const peer = await connectRaw(server.port, from(address));
  peer.write(clientFrame({ opcode: OPCODE.text, payload: Buffer.from([0xff]) }));
  expect((await peer.ended()).code).toBe(1007);
}

/** What the operator is told of addresses that are blocked. */
const linesOfBlocks = ({ logLines }: ServerHarness): readonly Record<string, unknown>[] =>
  logLines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ part }) => part === 'offences');

describe('an address whose connections are closed again and again for what they send', () => {
  it('is refused with 429 after one too many, keeps what is open, and is let in again after the window', async () => {
    const server = await serve({ trustProxies: ['127.0.0.1'], maxOffences: 2, offenceWindowMs: 5000 });
    const open = await server.connect(from('192.0.2.1'));
    expect(open.messages.all[0]?.json.data?.['limits']).toMatchObject({
      max_offences: 2,
      offence_window_ms: 5000,
    });
    for (let n = 0; n < 3; n += 1) await offend(server, '192.0.2.1');
    await expect(connectRaw(server.port, from('192.0.2.1'))).rejects.toThrow(/429 [^]*Retry-After: [1-5]\b/);
    expect(server.server.stats()).toMatchObject({ refusals: { address_blocked: 1 }, offendingAddresses: 1 });
    expect(linesOfBlocks(server)).toMatchObject([{ level: 40, address: '192.0.2.1', offences: 3 }]);
    await (await connectRaw(server.port, from('192.0.2.2'))).close();
    expect((await open.ask({ command: 'getblockcount', params: [] })).json.type).toBe('response');
    const isLetIn = async (): Promise<boolean> => {
      try {
        await (await connectRaw(server.port, from('192.0.2.1'))).close();
        return true;
      } catch {
        return false;
      }
    };
    await expect.poll(isLetIn, SOON).toBe(true);
    await expect.poll(() => linesOfBlocks(server).length, SOON).toBe(2);
    expect(linesOfBlocks(server)[1]).toMatchObject({ level: 30, msg: 'no address is blocked any more' });
  });

  it('is not counted for clients that only fall behind, leave, or are refused', async () => {
    const server = await serve({ trustProxies: ['127.0.0.1'], maxOffences: 1 });
    for (let n = 0; n < 3; n += 1) {
      const peer = await connectRaw(server.port, from('192.0.2.1'));
      peer.write(clientFrame({ opcode: OPCODE.close, payload: Buffer.from([0x03, 0xe8]) }));
      await peer.ended();
      await expect(connectRaw(server.port, { path: '/nowhere', ...from('192.0.2.1') })).rejects.toThrow(
        '404',
      );
    }
    expect(server.server.stats().offendingAddresses).toBe(0);
  });

  it.runIf(STRANGER_ADDRESS !== undefined)('is not counted for requests that break off', async () => {
    const server = await serve({ maxOffences: 1 });
    for (const part of ['GET / HTTP/1.1\r\nHo', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{']) {
      const peer = await connectNewcomer(server.port, STRANGER_ADDRESS);
      peer.socket.end(part);
      await expect.poll(() => peer.said.isOver, SOON).toBe(true);
    }
    expect(server.server.stats().offendingAddresses).toBe(0);
  });

  it.runIf(STRANGER_ADDRESS !== undefined)(
    'is ended at its first packet where it comes itself, also for what was no HTTP',
    async () => {
      const server = await serve({ maxOffences: 1 });
      for (let n = 0; n < 2; n += 1) {
        const garbage = await connectNewcomer(server.port, STRANGER_ADDRESS);
        garbage.socket.write('EHLO \0\r\n\r\n');
        await expect.poll(() => garbage.said, SOON).toMatchObject({ isOver: true });
        expect(garbage.said.text).toContain('HTTP/1.1 400 ');
      }
      const silent = await connectNewcomer(server.port, STRANGER_ADDRESS);
      await expect.poll(() => silent.said.isOver, SOON).toBe(true);
      expect(silent.said.text).toMatch(/^HTTP\/1\.1 429 [^]*"code":1071/);
      expect(server.server.stats().httpConnections.ended.blocked).toBe(1);
      await server.connect();
    },
  );
});
