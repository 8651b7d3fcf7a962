import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLOSE_CODES, ERROR_CODES } from '../../../src/protocol/codes.js';
import { parseRequest } from '../../support/parseRequest.js';
import {
  eventPrefix,
  MESSAGE_SUFFIX,
  printAcknowledgement,
  printError,
  printWelcome,
  responsePrefix,
} from '../../../src/protocol/printMessages.js';

describe('acknowledgement', () => {
  test('holds both shapes that published clients expect', () => {
    expect(printAcknowledgement({ action: 'subscribe', topicName: 'blocks' })).toBe(
      '{"type":"subscription","status":"success","action":"subscribe","topic":"blocks","data":{"status":"success","action":"subscribe","topic":"blocks"}}',
    );
  });

  test("names the topic by the client's word and repeats the id right after the type", () => {
    expect(
      printAcknowledgement({ action: 'unsubscribe', topicName: 'block', idJson: '12345678901234567890123' }),
    ).toBe(
      '{"type":"subscription","id":12345678901234567890123,"status":"success","action":"unsubscribe","topic":"block","data":{"status":"success","action":"unsubscribe","topic":"block"}}',
    );
  });
});

describe('error', () => {
  test('carries the code of its name', () => {
    expect(printError({ code: 'unknown_topic', message: 'no topic "x"', idJson: '[1, 2]' })).toBe(
      '{"type":"error","id":[1, 2],"data":{"code":1001,"message":"no topic \\"x\\""}}',
    );
  });

  test("carries the node's own negative code, and the command", () => {
    expect(
      printError({ code: -8, message: 'Block height out of range', idJson: '1', command: 'getblockhash' }),
    ).toBe(
      '{"type":"error","id":1,"command":"getblockhash","data":{"code":-8,"message":"Block height out of range"}}',
    );
  });

  test('is valid UTF-8 and JSON whatever the message and command hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (message, command) => {
        const text = printError({ code: 'internal', message, command, idJson: '"\ud800"' });
        expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
        const parsed = JSON.parse(text) as { id: unknown; command: string; data: { message: unknown } };
        expect(parsed.data.message).toBe(message);
        expect(parsed.command).toMatch(/^[\x20-\x7e]{0,43}$/);
        expect(parsed.id).toBe('\ud800');
      }),
    );
  });
});

describe('spliced messages', () => {
  test("a response is its prefix, the node's result untouched, and the suffix", () => {
    const result = '{"difficulty":4.656542373906925e-10,"total":21000000000.00000000}';
    expect(responsePrefix({ command: 'getblockcount', idJson: '1' }) + result + MESSAGE_SUFFIX).toBe(
      `{"type":"response","command":"getblockcount","id":1,"data":${result}}`,
    );
    expect(responsePrefix({ command: 'getblockcount' }) + '7' + MESSAGE_SUFFIX).toBe(
      '{"type":"response","command":"getblockcount","data":7}',
    );
  });

  test('an event names its topic and its cursor', () => {
    expect(
      eventPrefix({ type: 'block_disconnected', topic: 'blocks', cursor: '1.abc' }) + '{}' + MESSAGE_SUFFIX,
    ).toBe('{"type":"block_disconnected","topic":"blocks","cursor":"1.abc","data":{}}');
  });

  test('the id of any request comes back as the same text', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (idJson) => {
        const request = parseRequest(`{"command":"x","params":[],"id":${idJson}}`, { maxDepth: 10 });
        const text = responsePrefix({ command: 'x', idJson: request.idJson }) + '0' + MESSAGE_SUFFIX;
        expect(text).toBe(`{"type":"response","command":"x","id":${idJson},"data":0}`);
      }),
    );
  });
});

const LIMITS = {
  max_message_bytes: 1048576,
  max_depth: 32,
  max_batch: 100,
  max_commands_in_flight: 16,
  command_deadline_ms: 30000,
  max_answer_bytes: 16777216,
  max_buffered_bytes: 1048576,
  slow_timeout_ms: 60000,
  ping_interval_ms: 30000,
  ping_timeout_ms: 10000,
  max_filter_keys: 10000,
  max_bad_messages: 100,
  bad_message_window_ms: 10000,
  messages_per_second: 100,
  cost_per_second: null,
  rate_window_ms: 10000,
  idle_timeout_ms: 600000,
  max_subscriptions: 64,
  max_replays: 16,
  max_clients_per_address: null,
  max_offences: null,
  offence_window_ms: 60_000,
};

describe('welcome', () => {
  test('tells server, chain, tip, topics and limits', () => {
    const text = printWelcome({
      unixSeconds: 1700000000,
      version: '0.1.0',
      chain: 'regtest',
      simulated: true,
      tip: { height: 3, hashHex: 'ab'.repeat(32) },
      topics: ['blocks', 'all'],
      streams: ['peers'],
      limits: LIMITS,
      cursor: '1.x',
    });
    expect(text).toBe(
      `{"type":"welcome","server":"evrmore-gateway","version":"0.1.0","message":"connected to evrmore-gateway","timestamp":1700000000,"available_streams":["peers"],"data":{"server":"evrmore-gateway","version":"0.1.0","chain":"regtest","simulated":true,"tip":{"height":3,"hash":"${'ab'.repeat(32)}"},"topics":["blocks","all"],"limits":${JSON.stringify(LIMITS)},"cursor":"1.x"},"jsonrpc":"2.0","method":"welcome"}`,
    );
  });

  test('says null for what is not known yet', () => {
    const text = printWelcome({
      unixSeconds: 1,
      version: '1',
      simulated: false,
      topics: [],
      streams: [],
      limits: LIMITS,
    });
    expect(text).toContain('"chain":null,"simulated":false,"tip":null');
    expect(text).not.toContain('cursor');
  });
});

test('error codes lie between 1000 and 1999, each once, and close codes are distinct', () => {
  const codes = Object.values(ERROR_CODES);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.every((code) => code >= 1000 && code <= 1999)).toBe(true);
  expect(new Set(Object.values(CLOSE_CODES)).size).toBe(Object.keys(CLOSE_CODES).length);
});
