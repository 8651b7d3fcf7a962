import fc from 'fast-check';

/** JSON texts of all kinds; numbers as no printer would write them. */
const number = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom(
    '-0',
    '1e5',
    '1E-5',
    '0.10',
    '1e300',
    '-1e999',
    '1e-999',
    '12345678901234567890.12345678',
    '9'.repeat(400),
    '9007199254740993',
  ),
);
const string = fc.oneof(
  fc.string().map((text) => JSON.stringify(text)),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '""',
    '"\\ud800"',
    '"\\u0000"',
    '"__proto__"',
    '"constructor"',
    '"\\"]}"',
    '"\u2028"',
    `"${'x'.repeat(5000)}"`,
  ),
);
const key = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'id',
    'action',
    'type',
    'method',
    'jsonrpc',
    'topic',
    '',
    'data',
    'code',
  ),
  fc.string({ maxLength: 8 }),
);
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    number,
    string,
    fc.constantFrom('null', 'true', 'false', '[]', '{}'),
    fc.integer({ min: 1, max: 70 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((members) => object(members)),
  ),
}));

/** Members in the order given; of the same key there may be two. */
function object(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

const oneOf = (...words: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...words).map((word) => JSON.stringify(word));
const TOPICS = [
  'block',
  'blocks',
  'transaction',
  'transactions',
  'asset',
  'assets',
  'mempool',
  'sequence',
  'finality',
  'all',
  'coins',
  '__proto__',
];
const COMMANDS = [
  'getblockcount',
  'getbestblockhash',
  'getblockhash',
  'getblock',
  'getblockheader',
  'getrawtransaction',
  'getrawmempool',
  'getmempoolinfo',
  'validateaddress',
  'decoderawtransaction',
  'gettxout',
  'getassetdata',
  'getnetworkinfo',
  'estimatesmartfee',
  'stop',
  'dumpprivkey',
  'getmoney',
  'sendrawtransaction',
  'constructor',
  'uptime',
];
const HASH = '5177b521d358ee45b83abbe2597a01511846c1bb3c08c14dc762a4649a7d2fc9';
const CURSOR = `1.5177b521.mh5x2k9qa1.41.12.${HASH}.cb0`;
const FROM = [
  '0',
  '-1',
  '5',
  '21',
  '1e9',
  '"genesis"',
  `"${CURSOR}"`,
  `"${CURSOR.slice(0, 40)}"`,
  `{"height":0,"hash":"${HASH}"}`,
  `[{"height":0,"hash":"${HASH}"},{"height":3}]`,
  '[]',
  '{}',
  'null',
];
const FILTERS = [
  '{}',
  '[]',
  '{"addresses":["mfe7MqgYZgBuXzrT2QTFqZwBXwRDqagHTp"]}',
  '{"assets":["ORG","ORG/*","*"]}',
  '{"assets":["**"]}',
  '{"txids":["zz"]}',
  `{"outpoints":["${HASH}:0"]}`,
  '{"min_amount":"1e9"}',
  '{"min_amount":-1,"status":["mempool"]}',
  '{"__proto__":["x"]}',
  '[{"status":["confirmed"]},{"status":[]}]',
  '{"addresses":{}}',
];

/** What is right more often than not. */
const usually = (right: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 5, arbitrary: right }, { weight: 1, arbitrary: value });
type Fields = Readonly<Record<string, fc.Arbitrary<string>>>;

/** An object with these members, of which some may be missing, and sometimes one that does not belong there. */
function message(always: Fields, sometimes: Fields): fc.Arbitrary<string> {
  const present = Object.entries(always).map(([name, text]) => text.map((json) => [name, json] as const));
  const maybe = Object.entries(sometimes).map(([name, text]) =>
    fc.option(
      text.map((json) => [name, json] as const),
      { freq: 2 },
    ),
  );
  const stranger = fc.option(fc.tuple(key, value), { freq: 8 });
  return fc
    .tuple(...present, ...maybe, stranger)
    .map((members) => object(members.filter((member) => member !== null)));
}

const id = fc.oneof(value, number, string);
const topic = usually(oneOf(...TOPICS));
const from = usually(fc.constantFrom(...FROM));
const filter = usually(fc.constantFrom(...FILTERS));
const onSlow = usually(oneOf('catch_up', 'latest', 'drop', 'close'));
const params = usually(
  fc.oneof(
    fc.constantFrom(
      '[]',
      `["${HASH}"]`,
      `["${HASH}",1]`,
      '[0]',
      '[1e3]',
      '[true]',
      '["00"]',
      '[[[[]]]]',
      '{"height":0}',
      '{"__proto__":1}',
      `{"blockhash":"${HASH}","verbosity":2}`,
    ),
    fc.array(value, { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
  ),
);
const command = usually(oneOf(...COMMANDS));

const native = fc.oneof(
  message({ action: oneOf('subscribe') }, { topic, from, filter, on_slow: onSlow, id }),
  message({ action: oneOf('subscribe'), topic }, { from, id }),
  message({ action: oneOf('unsubscribe', 'unsubscribe', 'toString') }, { topic, id }),
  message({ action: oneOf('update'), topic }, { add: filter, remove: filter, id }),
  message(
    { action: oneOf('authenticate') },
    { token: usually(oneOf('egw_8Ccf3fN0jGmTnWqkVZbcPz3pYJ0iX5lRk1tD9sQ2uHo', 'a.b.c', '')), id },
  ),
  message({ command, params }, { id }),
  message({ command }, { params, action: oneOf('subscribe'), id }),
);
const method = usually(oneOf(...COMMANDS, 'subscribe', 'unsubscribe', 'update', 'ping'));
const rpcParams = fc.oneof(
  params,
  fc.tuple(topic, from, filter, onSlow).map((items) => `[${items.join(',')}]`),
  message({}, { topic, from, filter, add: filter, remove: filter }),
);
const jsonRpc = fc.oneof(
  message({ jsonrpc: oneOf('2.0'), method }, { params: rpcParams, id }),
  message({ method }, { params: rpcParams, id }),
  message({ jsonrpc: usually(oneOf('1.0', '2.0', '3.0')) }, { method, params: rpcParams, id }),
);
const batch = fc
  .array(fc.oneof({ weight: 5, arbitrary: jsonRpc }, { weight: 1, arbitrary: value }), { maxLength: 12 })
  .map((items) => `[${items.join(',')}]`);
const zion = fc.oneof(
  message(
    { type: oneOf('subscribe', 'unsubscribe') },
    {
      channels: usually(
        fc
          .subarray(['blockchain', 'mempool', 'assets', 'mining', 'network', 'ai', '__proto__'])
          .map((names) => JSON.stringify(names)),
      ),
      from,
      id,
    },
  ),
  message({ type: usually(oneOf('ping', 'get_status', 'dance')) }, { id }),
);
const whole = fc.oneof(
  { weight: 4, arbitrary: native },
  { weight: 4, arbitrary: jsonRpc },
  { weight: 2, arbitrary: batch },
  { weight: 2, arbitrary: zion },
  { weight: 1, arbitrary: value },
);

/** One text that a client may send: a message of any dialect with any mistakes, a part of one, or any text. */
export const clientText: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: whole },
  {
    weight: 1,
    arbitrary: fc
      .tuple(whole, fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([text, share]) => text.slice(0, Math.floor(text.length * share))),
  },
  { weight: 1, arbitrary: fc.tuple(whole, whole).map((texts) => texts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);

/** Whether no answer may be right: all of it are notifications of JSON-RPC 2.0. */
export function mayBeQuiet(text: string): boolean {
  const isNotification = (json: unknown): boolean => {
    if (typeof json !== 'object' || json === null || Object.hasOwn(json, 'id')) return false;
    const { jsonrpc, method } = json as { readonly jsonrpc?: unknown; readonly method?: unknown };
    return jsonrpc === '2.0' && typeof method === 'string' && method !== '';
  };
  try {
    const json: unknown = JSON.parse(text);
    return Array.isArray(json) ? json.length > 0 && json.every(isNotification) : isNotification(json);
  } catch {
    return false;
  }
}
