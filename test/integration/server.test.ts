import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { draft, startServer, type ServerHarness } from '../support/serverHarness.js';

let harness: ServerHarness;

describe('subscriptions', () => {
  beforeEach(async () => {
    harness = await startServer();
  });
  afterEach(() => harness.close());

  it('acknowledges a subscription before its first event, and events keep the order of the log', async () => {
    const client = await harness.connect();
    await client.subscribe('blocks');
    harness.log.append([draft('block', 1), draft('mempool', 2), draft('reorg', 3)]);
    harness.log.append([draft('block', 4)]);
    const events = await client.messages.take(3);
    expect(events.map(({ json }) => [json.type, json.data?.['n']])).toEqual([
      ['block', 1],
      ['reorg', 3],
      ['block', 4],
    ]);
  });
});
