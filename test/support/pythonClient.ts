import { fileURLToPath } from 'node:url';
import { runCommand, type Program } from './runCommand.js';
import type { ReceivedMessage } from './webSocketClient.js';

const SCRIPT = fileURLToPath(new URL('../fixtures/clients/evrmore_websocket_client.py', import.meta.url));

/** What the Python client prints, one a line. */
export type PythonLine =
  | { readonly message: ReceivedMessage['json'] }
  /** A message that a client of that style does not take. */
  | { readonly refused: string; readonly why: string }
  | { readonly closed: number; readonly reason: string };

/** A client of evrmore-rpc's style, in a process of its own. */
export interface PythonClient {
  /** Subscribes, as `client.subscribe(topic)` does. */
  subscribe(topic: string): void;
  /** Sends a text as it is. */
  send(message: object): void;
  close(): void;
  /** Everything that it took, in order. */
  messages(): readonly ReceivedMessage['json'][];
  /** Everything that it did not take. */
  refused(): readonly PythonLine[];
  /** The end of the connection; absent while it is open. */
  closed(): { readonly closed: number; readonly reason: string } | undefined;
  ended: Program['ended'];
}

/** Starts one, with the interpreter that has `websockets`. */
export function startPythonClient(interpreter: string, url: string): PythonClient {
  const program = runCommand(interpreter, ['-u', SCRIPT, url], { stdin: 'pipe' });
  const say = (order: object): void => {
    program.say(JSON.stringify(order));
  };
  const lines = (): readonly PythonLine[] =>
    program
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as PythonLine);
  return {
    subscribe: (topic) => {
      say({ topic });
    },
    send: (message) => {
      say({ send: JSON.stringify(message) });
    },
    close: () => {
      say({ close: true });
    },
    messages: () => lines().flatMap((line) => ('message' in line ? [line.message] : [])),
    refused: () => lines().filter((line) => 'refused' in line),
    closed: () => lines().find((line) => 'closed' in line),
    async ended() {
      const end = await program.ended();
      if (end !== 0) throw new Error(`the Python client ended with ${end}\n${program.stderr()}`);
      return end;
    },
  };
}
