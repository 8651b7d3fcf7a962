import { WebSocket } from 'ws';
import { createQueue, type Queue } from '../queue.js';
import type { Judge } from './judgeAnswers.js';
import { mayBeQuiet } from './messages.js';

/** A client that says anything, one thing after the other, and looks at what it is answered. */
export interface FuzzConversation {
  /** Sends one text. Rejects when it is not answered, once, in a documented way. */
  say(text: string): Promise<void>;
  close(): Promise<void>;
}

interface Open {
  readonly socket: WebSocket;
  /** Every message, and at last how the connection ended. */
  readonly messages: Queue<string | { readonly code: number }>;
}

/** Dialects that take part in turn: what has no shape is answered in the dialect of what was before. */
const SENTINELS: readonly ((id: string) => string)[] = [
  (id) => `{"type":"ping","id":${id}}`,
  (id) => `{"jsonrpc":"2.0","method":"ping","id":${id}}`,
  (id) => `{"method":"ping","id":${id}}`,
  (id) => `{"action":"unsubscribe","topic":"finality","id":${id}}`,
];

/** Connects when there is something to say, and again after it was closed in a documented way. */
export function createFuzzConversation(url: string, judge: Judge): FuzzConversation {
  let open: Open | undefined;
  let said = 0;

  async function connection(): Promise<Open> {
    if (open !== undefined) return open;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const messages: Open['messages'] = createQueue('answers');
    socket.on('message', (data: Buffer) => {
      messages.push(data.toString('utf8'));
    });
    socket.on('close', (code) => {
      messages.push({ code });
    });
    socket.on('error', () => undefined);
    open = { socket, messages };
    // The welcome.
    await messages.next();
    return open;
  }

  return {
    async say(text) {
      const { socket, messages } = await connection();
      said += 1;
      const id = `"sentinel ${said}"`;
      socket.send(text);
      socket.send(SENTINELS[said % SENTINELS.length]?.(id) ?? '');
      let answers = 0;
      let isPassed = false;
      const isDone = (): boolean => isPassed && (answers > 0 || mayBeQuiet(text));
      while (!isDone()) {
        const message = await messages.next();
        if (typeof message !== 'string') {
          judge.close(message.code);
          open = undefined;
          return;
        }
        const kind = judge.message(message);
        if (message.includes(id)) isPassed = true;
        else if (kind === 'answer') answers += 1;
      }
      if (answers > 1) throw new Error(`${answers} answers to one message: ${text}`);
    },
    async close() {
      const { socket } = open ?? {};
      if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.terminate();
      await closed;
    },
  };
}
