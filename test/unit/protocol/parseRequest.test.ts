import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMessage } from '../../../src/protocol/parseMessage.js';
import { parseTopic, TOPIC_NAMES } from '../../../src/protocol/topics.js';
import { parseRequest } from '../../support/parseRequest.js';
import type { InvalidRequest, Request } from '../../../src/protocol/request.js';

const LIMITS = { maxDepth: 16 };

function parse(text: string): Request {
  return parseRequest(text, LIMITS);
}

function parseInvalid(text: string): InvalidRequest {
  const request = parse(text);
  if (request.type !== 'invalid') throw new Error(`taken for a ${request.type}: ${text}`);
  return request;
}

describe('requests', () => {
  test('a subscription names its topics, by the plural and by the singular', () => {
    expect(parse('{"action":"subscribe","topic":"blocks"}')).toEqual({
      type: 'subscribe',
      topicName: 'blocks',
      topics: ['blocks'],
    });
    expect(parse('{"action":"subscribe","topic":"asset"}')).toEqual({
      type: 'subscribe',
      topicName: 'asset',
      topics: ['assets'],
    });
    expect(parse('{"topic":"all","action":"unsubscribe"}')).toEqual({
      type: 'unsubscribe',
      topicName: 'all',
      topics: parseTopic('all'),
    });
  });

  test('from and filter are kept as their exact text', () => {
    expect(
      parse('{"action":"subscribe","topic":"blocks","from":18446744073709551616,"filter":{ "a":1.0 }}'),
    ).toEqual({
      type: 'subscribe',
      topicName: 'blocks',
      topics: ['blocks'],
      fromJson: '18446744073709551616',
      filterJson: '{ "a":1.0 }',
    });
  });

  test('params and id keep every digit', () => {
    const request = parse(
      '{"command":"getblockhash","params":[ 123456789012345678901234567890, 1.10 ],"id":987654321098765432109876543210}',
    );
    expect(request).toEqual({
      type: 'command',
      command: 'getblockhash',
      paramsJson: '[ 123456789012345678901234567890, 1.10 ]',
      idJson: '987654321098765432109876543210',
    });
  });

  test('an id of any kind is echoed as it was written', () => {
    const digits = fc.stringMatching(/^-?[1-9][0-9]{20,40}$/);
    fc.assert(
      fc.property(fc.oneof(digits, fc.json({ maxDepth: 4 })), (idJson) => {
        const request = parse(`{"command":"getblockcount","params":[],"id":${idJson}}`);
        expect(request.idJson).toBe(idJson);
      }),
    );
  });

  test('members that are not known are left alone, and a __proto__ member gives nothing', () => {
    expect(parse('{"action":"subscribe","topic":"mempool","type":"x"}').type).toBe('subscribe');
    expect(parseInvalid('{"__proto__":{"action":"subscribe","topic":"blocks"}}').error).toBe(
      'unknown_message',
    );
    expect(parseInvalid('{"action":"subscribe","topic":"__proto__"}').error).toBe('unknown_topic');
    expect(parseInvalid('{"action":"constructor","topic":"blocks"}').error).toBe('unknown_action');
  });
});

describe('messages that are no request', () => {
  test.each([
    ['', 'not_json'],
    ['hello', 'not_json'],
    ['{"action":"subscribe","topic":"blocks"', 'not_json'],
    ["{'action':'subscribe'}", 'not_json'],
    ['\ufeff{}', 'not_json'],
    ['null', 'not_an_object'],
    ['3', 'not_an_object'],
    ['"subscribe"', 'not_an_object'],
    ['[]', 'not_an_object'],
    ['{}', 'unknown_message'],
    ['{"topic":"blocks"}', 'unknown_message'],
    ['{"action":"subscribe","command":"getblockcount"}', 'invalid_field'],
    ['{"action":1}', 'invalid_field'],
    ['{"action":"Subscribe","topic":"blocks"}', 'unknown_action'],
    ['{"action":"subscribe"}', 'invalid_field'],
    ['{"action":"subscribe","topic":["blocks"]}', 'invalid_field'],
    ['{"action":"subscribe","topic":"Blocks"}', 'unknown_topic'],
    ['{"action":"unsubscribe","topic":"coins"}', 'unknown_topic'],
    ['{"command":7,"params":[]}', 'invalid_field'],
    ['{"command":"","params":[]}', 'invalid_field'],
    ['{"command":"getblockcount"}', 'invalid_field'],
    ['{"command":"getblockcount","params":{}}', 'params_not_array'],
    ['{"command":"getblockcount","params":null}', 'params_not_array'],
    ['{"command":"getblockcount","params":"[]"}', 'params_not_array'],
  ])('%s is %s', (text, error) => {
    expect(parseInvalid(text).error).toBe(error);
  });

  test('the error tells what is allowed, and carries the id', () => {
    const unknown = parseInvalid('{"action":"subscribe","topic":"coins","id":"a\\u0031"}');
    expect(unknown.message).toBe(`no topic "coins"; the topics are ${TOPIC_NAMES.join(', ')}`);
    expect(unknown.idJson).toBe('"a\\u0031"');
    expect(parseInvalid('{"id":5}').idJson).toBe('5');
    expect(parseInvalid('{"command":"x","id":5}').message).toContain(
      '{"command":"getblockcount","params":[]}',
    );
  });

  test('nesting is refused from one deeper than the limit on', () => {
    const nested = (depth: number): string =>
      `{"command":"getblockcount","params":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(parse(nested(16)).type).toBe('command');
    expect(parseInvalid(nested(17))).toEqual({
      type: 'invalid',
      error: 'too_deep',
      message: 'the message is nested deeper than 16 arrays and objects',
    });
    expect(parseInvalid('['.repeat(1_000_000)).error).toBe('too_deep');
  });

  test('no more than 40 printable characters of what was sent are repeated', () => {
    const nasty = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(nasty, fc.constantFrom('action', 'topic'), (text, member) => {
        const message = { action: 'subscribe', topic: 'blocks', [member]: text };
        const request = parse(JSON.stringify(message));
        if (request.type !== 'invalid') return;
        expect(request.message).toMatch(/^[\x20-\x7e]*$/);
        expect(request.message.length).toBeLessThan(200);
      }),
    );
    const { message } = parseInvalid(`{"action":"${'x'.repeat(41)}"}`);
    expect(message).toContain(`"${'x'.repeat(40)}..."`);
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        (text) => void parseMessage(text, { ...LIMITS, maxBatch: 2 }),
      ),
    );
  });
});
