import { expect, test } from 'vitest';
import { ZION } from '../../../../src/protocol/dialects/zion.js';
import { parseMessage, type Message } from '../../../../src/protocol/parseMessage.js';

const parse = (message: object): Message =>
  parseMessage(JSON.stringify(message), { maxDepth: 16, maxBatch: 3 });

test('channels name topics, each once, and what names none is told back', () => {
  const words = ['assets', 'mempool', 'assets', 'toString', 'ai'];
  expect(parse({ type: 'subscribe', channels: words, id: 1, from: 7 })).toEqual({
    type: 'single',
    dialect: ZION,
    request: {
      type: 'subscribe',
      topicName: 'assets,mempool',
      topics: ['assets', 'mempool', 'transactions'],
      idJson: '1',
      unknownNames: ['toString', 'ai'],
      fromJson: '7',
    },
  });
});

test.each([
  [{ type: 'subscribe' }, 'invalid_field'],
  [{ type: 'subscribe', channels: 'blockchain' }, 'invalid_field'],
  [{ type: 'subscribe', channels: [1] }, 'invalid_field'],
  [{ type: 'subscribe', channels: [] }, 'unknown_topic'],
  [{ type: 'unsubscribe', channels: ['constructor'] }, 'unknown_topic'],
  [{ type: 7 }, 'unknown_action'],
  [{ type: 'event' }, 'unknown_action'],
])('%j is answered with an error in the same shape', (message, error) => {
  expect(parse(message)).toMatchObject({ dialect: ZION, request: { type: 'invalid', error } });
});

test('a type beside an action, a command or a method belongs to the other dialect', () => {
  expect(parse({ type: 'ping', action: 'subscribe', topic: 'blocks' })).toMatchObject({
    dialect: { name: 'native' },
  });
  expect(parse({ type: 'ping', method: 'getblockcount' })).toMatchObject({ dialect: { name: 'jsonrpc1' } });
});

test('events of topics that no channel carries are not printed', () => {
  expect(ZION.event({ type: 'sequence', topic: 'sequence', cursor: '1.x' })).toBeUndefined();
  expect(ZION.event({ type: 'transaction', topic: 'transactions', cursor: '1.x' })?.prefix).toBe(
    '{"type":"event","event_type":"transaction","channel":"mempool","cursor":"1.x","data":',
  );
});

test('unknown words are repeated in short', () => {
  const text = ZION.acknowledgement({
    action: 'subscribe',
    topicName: 'assets,mempool',
    unknownNames: [`"${'x'.repeat(100)}`],
  });
  expect(JSON.parse(text)).toEqual({
    type: 'subscribed',
    channels: ['assets', 'mempool'],
    unknown_channels: [`?${'x'.repeat(39)}...`],
  });
});
