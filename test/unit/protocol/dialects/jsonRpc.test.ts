import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JSON_RPC_1, JSON_RPC_2 } from '../../../../src/protocol/dialects/jsonRpc.js';
import { parseMessage, type Message } from '../../../../src/protocol/parseMessage.js';
import { parseTopic } from '../../../../src/protocol/topics.js';

const LIMITS = { maxDepth: 16, maxBatch: 3 };

function parse(text: string): Message {
  return parseMessage(text, LIMITS);
}

/** The dialect and the request of a message that is no batch. */
function single(text: string): Readonly<Record<string, unknown>> {
  const message = parse(text);
  if (message.type === 'batch') throw new Error('that is a batch');
  return { dialect: message.dialect.name, ...message.request };
}

describe('a JSON-RPC request', () => {
  test('is of version 2.0 by its member jsonrpc, and of version 1.0 without it', () => {
    expect(single('{"jsonrpc":"2.0","method":"getblockcount","id":1}')).toEqual({
      dialect: 'jsonrpc2',
      type: 'command',
      command: 'getblockcount',
      paramsJson: '[]',
      idJson: '1',
    });
    expect(single('{"method":"getblockhash","params":[ 1.50 ],"id":null}')).toEqual({
      dialect: 'jsonrpc1',
      type: 'command',
      command: 'getblockhash',
      paramsJson: '[ 1.50 ]',
      idJson: 'null',
    });
    expect(single('{"jsonrpc":"1.0","method":"x","id":1}')).toMatchObject({ dialect: 'jsonrpc1' });
    expect(single('{"jsonrpc":3,"method":"x","id":1}')).toMatchObject({
      dialect: 'jsonrpc2',
      error: 'invalid_field',
    });
  });

  test('without an id wants no answer in version 2.0, unless it is no request at all', () => {
    expect(single('{"jsonrpc":"2.0","method":"getblockcount"}')).toMatchObject({ quiet: true });
    expect(single('{"jsonrpc":"2.0","method":"subscribe","params":["coins"]}')).toMatchObject({
      error: 'unknown_topic',
      quiet: true,
    });
    expect(single('{"jsonrpc":"2.0","params":[]}')).not.toHaveProperty('quiet');
    expect(single('{"method":"getblockcount"}')).not.toHaveProperty('quiet');
  });

  test('subscribes by position and by name alike', () => {
    const expected = {
      dialect: 'jsonrpc2',
      type: 'subscribe',
      topicName: 'block',
      topics: parseTopic('block'),
      fromJson: '12345678901234567890',
      filterJson: '{"a": 1.0}',
      idJson: '1',
    };
    const of = (params: string): object =>
      single(`{"jsonrpc":"2.0","method":"subscribe","params":${params},"id":1}`);
    expect(of('["block", 12345678901234567890, {"a": 1.0}]')).toEqual(expected);
    expect(of('{"filter":{"a": 1.0},"from":12345678901234567890,"topic":"block"}')).toEqual(expected);
    expect(of('["block",null,null,"latest"]')).toMatchObject({ onSlow: 'latest' });
    expect(of('{"topic":"block","on_slow":"wait"}')).toMatchObject({ error: 'params_not_array' });
    expect(of('["block",null,null]')).not.toHaveProperty('fromJson');
    expect(of('["block",null,null,null,1]')).toMatchObject({ error: 'params_not_array' });
    expect(of('[]')).toMatchObject({ error: 'unknown_topic' });
    expect(of('"block"')).toMatchObject({ error: 'params_not_array' });
  });

  test('gets its id back as it was written, of any kind and size', () => {
    const digits = fc.stringMatching(/^-?[1-9][0-9]{20,40}$/);
    fc.assert(
      fc.property(fc.oneof(digits, fc.json({ maxDepth: 4 })), (idJson) => {
        const message = parse(`{"jsonrpc":"2.0","method":"x","params":{},"id":${idJson}}`);
        if (message.type === 'batch') throw new Error('no batch');
        const { request, dialect } = message;
        expect(request.idJson).toBe(idJson);
        const { prefix, suffix } = dialect.response({ command: 'x', idJson: request.idJson });
        const text = `${prefix}1.50${suffix}`;
        expect(JSON.parse(text)).toEqual({ jsonrpc: '2.0', result: 1.5, id: JSON.parse(idJson) as unknown });
        // Half a surrogate pair is the only thing that is written otherwise.
        if (!/\p{Surrogate}/u.test(idJson)) expect(text).toContain(`"id":${idJson}}`);
      }),
    );
  });

  test('that cannot be read is answered as JSON-RPC when it shows that it was meant so', () => {
    expect(single('{"jsonrpc":"2.0","method')).toMatchObject({ dialect: 'jsonrpc2', error: 'not_json' });
    expect(single('{"method":')).toMatchObject({ dialect: 'native', error: 'not_json' });
    expect(parseMessage('{"method":', LIMITS, JSON_RPC_1)).toMatchObject({ dialect: JSON_RPC_1 });
  });
});

describe('a batch', () => {
  test('holds requests of both versions, and errors for what is none', () => {
    const message = parse('[ {"jsonrpc":"2.0","method":"a","id":1} , {"method":"b","id":[2,3]},"c" ]');
    expect(message).toMatchObject({
      type: 'batch',
      items: [
        { dialect: JSON_RPC_2, request: { type: 'command', command: 'a', idJson: '1' } },
        { dialect: JSON_RPC_1, request: { type: 'command', command: 'b', idJson: '[2,3]' } },
        { dialect: JSON_RPC_2, request: { type: 'invalid', error: 'not_an_object' } },
      ],
    });
  });

  test('is no batch without a JSON-RPC request in it, unless JSON-RPC was spoken before', () => {
    for (const text of ['[]', '[1]', '[{"action":"subscribe","topic":"blocks"}]']) {
      expect(single(text)).toMatchObject({ dialect: 'native', error: 'not_an_object' });
    }
    const spoken = (text: string): Message => parseMessage(text, LIMITS, JSON_RPC_1);
    expect(spoken('[1]')).toMatchObject({ type: 'batch', items: [{ request: { type: 'invalid' } }] });
    expect(spoken('[]')).toMatchObject({ dialect: JSON_RPC_2, request: { error: 'not_an_object' } });
  });

  test('is refused as a whole when it is longer than the limit', () => {
    expect(single('[1,2,3,4]')).toMatchObject({ dialect: 'jsonrpc2', error: 'batch_too_big' });
    expect(parse('[1,2,{"method":"x"}]')).toMatchObject({ type: 'batch' });
  });

  test('keeps the text of each of its items', () => {
    fc.assert(
      fc.property(fc.array(fc.json({ maxDepth: 3 }), { minLength: 1, maxLength: 3 }), (ids) => {
        const items = ids.map((id) => `{"jsonrpc":"2.0","method":"x","id":${id}}`);
        const message = parse(`[${items.join(' ,\n')}]`);
        if (message.type !== 'batch') throw new Error('no batch');
        expect(message.items.map(({ request }) => request.idJson)).toEqual(ids);
      }),
    );
  });
});
