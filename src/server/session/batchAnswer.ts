import type { Asked } from '../../protocol/parseMessage.js';

/** The answers to the requests of a batch, in one message. */
export interface BatchAnswer {
  /** The answer to one request, as JSON text. */
  add(answer: string | Buffer, asked: Asked): void;
  /** All of them as one array; absent when there is none, for then nothing is answered. */
  text(): Buffer | undefined;
}

/** No answers yet. An answer with which they would have more than `maxBytes` together is replaced by an error. */
export function createBatchAnswer(maxBytes: number): BatchAnswer {
  const parts: Buffer[] = [];
  let bytes = 0;
  return {
    add(answer, { dialect, request }) {
      let part = Buffer.from(answer);
      if (bytes + part.length > maxBytes) {
        const message = `the answers of the batch have more than ${maxBytes} bytes together; ask for less at once`;
        part = Buffer.from(dialect.error({ code: 'answer_too_big', message, idJson: request.idJson }));
      }
      bytes += part.length;
      parts.push(Buffer.from(parts.length === 0 ? '[' : ','), part);
    },
    text: () => (parts.length === 0 ? undefined : Buffer.concat([...parts, Buffer.from(']')])),
  };
}
