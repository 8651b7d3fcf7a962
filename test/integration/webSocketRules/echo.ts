import { expect } from 'vitest';
import type { RawPeer } from '../../support/raw/rawPeer.js';

const HEAD = '{"type":"ping","id":"';
const TAIL = '"}';
/** The shortest message that {@link echoMessage} makes. */
export const SHORTEST_ECHO_BYTES = HEAD.length + TAIL.length;

/** A text that the gateway answers with the same words in it: as the id of a ping, which comes back as it was written. */
export const echoMessage = (words: string): string => `${HEAD}${words}${TAIL}`;

/** One of exactly so many bytes. */
export const echoOfBytes = (bytes: number, letter = '*'): string =>
  echoMessage(letter.repeat(bytes - SHORTEST_ECHO_BYTES));

/** Takes the next message and looks whether it is the answer to such a text. */
export async function expectEcho(peer: RawPeer, words: string): Promise<void> {
  const { type, id } = JSON.parse(await peer.nextText()) as { type: string; id: string };
  expect({ type, length: id.length }).toEqual({ type: 'pong', length: words.length });
  expect(id === words).toBe(true);
}

/** The text between the ends of {@link echoOfBytes}. */
export const wordsOf = (message: string): string => message.slice(HEAD.length, -TAIL.length);
