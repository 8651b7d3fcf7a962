import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../protocol/gatewayError.js';
import { memberSpans } from '../protocol/jsonSpans.js';
import type { CliCommand, CommandContext } from './cliTypes.js';
import { connectWebSocket, type GatewayConnection } from './connectWebSocket.js';
import { gatewayUrl, webSocketUrl } from './gatewayUrl.js';
import { indentJson, jsonOfWord } from './jsonText.js';
import { ownToken, tokenHint } from './ownToken.js';
import { writeAll } from './output.js';

/** Time beyond the gateway's own deadline before the answer is given up. */
const EXTRA_WAIT_MS = 5000;
/** Stands for the answer that did not come in time. */
const LATE = Symbol('late');

/** `call`: one command through a gateway. */
export const callCommand: CliCommand = {
  name: 'call',
  words: [
    { name: 'command', description: 'A command of the node: getblockchaininfo, getblock, …' },
    { name: 'params', description: 'Its params. What is JSON is sent as it is, everything else as text.' },
  ],
  pattern: '<command> [params..]',
  summary: 'Send one command through a gateway and print the answer, with the digits of the node.',
  ownFlags: [{ name: 'pretty', type: 'boolean', description: 'Indent the answer.' }],
  examples: [
    ['$0 call getblockcount', 'the height of the chain'],
    ['$0 call getblock 5177b521d358… 1 --pretty', 'a block, indented'],
  ],
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { settings, words, ownFlags, stdout } = context;
  const [command = '', ...params] = words;
  const url = webSocketUrl(gatewayUrl(settings));
  const connection = await connectWebSocket(url, ownToken(context)?.now);
  const limitMs = settings.commandDeadlineMs + EXTRA_WAIT_MS;
  const timer = new AbortController();
  const late = sleep(limitMs, LATE, { signal: timer.signal });
  // It is aborted in the end, and nobody may wait for it then.
  late.catch(() => undefined);
  try {
    connection.send(
      `{"id":1,"command":${JSON.stringify(command)},"params":[${params.map(jsonOfWord).join(',')}]}`,
    );
    const dataJson = await Promise.race([readAnswer(connection, command), late]);
    if (dataJson === LATE || dataJson === undefined) {
      const why = dataJson === LATE ? `did not answer within ${limitMs} ms` : await describeEnd(connection);
      throw new GatewayError(`the gateway at ${url} ${why}`, { code: 'GW_ERR_NO_ANSWER', retryable: true });
    }
    await writeAll(stdout, `${ownFlags['pretty'] === true ? indentJson(dataJson) : dataJson}\n`);
    return 0;
  } finally {
    timer.abort();
    await connection.close();
  }
}

/** The text of the answer's `data`; undefined when the connection ended before it. */
async function readAnswer(connection: GatewayConnection, command: string): Promise<string | undefined> {
  for await (const message of connection.messages) {
    const members = memberSpans(message);
    const type = members.get('type');
    const isOurs = members.get('id') === '1';
    if (type === '"response"' && isOurs) return members.get('data') ?? 'null';
    // An error without an id may be about the message as a whole; nothing else was sent.
    if (type === '"error"' && (isOurs || !members.has('id')))
      throw refusal(command, members.get('data') ?? '{}');
  }
  return undefined;
}

function refusal(command: string, dataJson: string): GatewayError {
  const data: unknown = JSON.parse(dataJson);
  const { code, message } = (typeof data === 'object' ? data : null) as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : 'no reason was given';
  return new GatewayError(`${command} was refused with code ${String(code)}: ${text}${tokenHint(code)}`, {
    code: 'GW_ERR_COMMAND_REFUSED',
  });
}

async function describeEnd(connection: GatewayConnection): Promise<string> {
  const { code, reason } = await connection.ended;
  return `closed the connection before it answered (${code}${reason === '' ? '' : `, ${reason}`})`;
}
