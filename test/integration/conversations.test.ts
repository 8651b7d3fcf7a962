import { afterEach, expect, test } from 'vitest';
import { CONVERSATIONS, mismatch, readConversation } from '../support/conversation.js';
import { SOON, startGatewayHarness, type GatewayHarness } from '../support/gatewayHarness.js';
import { connectClient, type WebSocketClient } from '../support/webSocketClient.js';

let harness: GatewayHarness | undefined;
let client: WebSocketClient | undefined;

afterEach(async () => {
  await client?.close();
  await harness?.close();
});

/** Does what a line says happens. */
async function act(line: string): Promise<void> {
  const [name, ...values] = line.split(' ');
  const control = harness?.node.control as unknown as Readonly<Record<string, unknown>> | undefined;
  const run = control?.[name ?? ''];
  if (typeof run !== 'function') throw new Error(`the simulated node cannot ${line}`);
  await (run as (...given: unknown[]) => unknown)(...values.map((value) => JSON.parse(value) as unknown));
}

test.each(CONVERSATIONS)('the conversation %s goes as it is written', async (name) => {
  harness = await startGatewayHarness();
  const gateway = await harness.start({ statusIntervalMs: '50', metricsUpdateIntervalMs: '86400000' });
  await gateway.untilAgreed();
  await expect.poll(() => gateway.health().status, SOON).toBe('ok');
  client = await connectClient(gateway.url);
  const lines = readConversation(name);
  // A conversation that does not begin with the welcome leaves it out.
  if (lines.find(({ type }) => type === 'client' || type === 'server')?.type === 'client') {
    expect((await client.messages.next(10_000)).json.type).toBe('welcome');
  }
  for (const line of lines) {
    if (line.type === 'client') client.send(line.text);
    else if (line.type === 'action') await act(line.text);
    else if (line.type === 'server') {
      const { text } = await client.messages.next(10_000);
      expect(mismatch(line.text, text), `${text}\n   is not\n${line.text}`).toBeUndefined();
    }
  }
  // Whatever else was sent would stand before this answer.
  client.send('{"command":"getblockhash","params":[0],"id":"last"}');
  expect((await client.messages.next(10_000)).json.id).toBe('last');
});
