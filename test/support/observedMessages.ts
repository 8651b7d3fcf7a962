import { expect } from 'vitest';
import type { ExpectedMessage, ExpectedMessages } from './expectedMessages.js';

/** An event as it came over the wire. */
export interface ObservedMessage {
  readonly type: string;
  readonly topic: string;
  readonly cursor: string;
  /** The exact text of `data`. */
  readonly dataText: string;
}

/** Reads an event's message; `undefined` for what is no event (welcome, acknowledgements, answers). */
export function readEvent(text: string): ObservedMessage | undefined {
  const head = /^\{"type":"([a-z_]+)","topic":"([a-z]+)","cursor":"([^"]+)","data":/.exec(text);
  const [start, type, topic, cursor] = head ?? [];
  if (start === undefined || type === undefined || topic === undefined || cursor === undefined)
    return undefined;
  return { type, topic, cursor, dataText: text.slice(start.length, -1) };
}

/** Fails unless the messages are those that the step calls for, in order, none missing, doubled or changed. */
export function expectMessages(
  observed: readonly ObservedMessage[],
  expected: ExpectedMessages,
  label: string,
): void {
  const { chain, mempool } = expected;
  expectEqual(observed.slice(0, chain.length), chain, `${label}, the chain`);
  const left = new Map(mempool.map((group) => [hashOf(group[0]), group]));
  let at = chain.length;
  while (at < observed.length) {
    const first = observed[at];
    const hash = first && /^\{"txid":"([0-9a-f]{64})"/.exec(first.dataText)?.[1];
    const group = left.get(hash);
    expect(
      group,
      `${label}: nothing calls for ${first?.type ?? ''} ${first?.dataText.slice(0, 100) ?? ''}`,
    ).toBeDefined();
    left.delete(hash);
    expectEqual(observed.slice(at, at + (group?.length ?? 1)), group ?? [], `${label}, the mempool`);
    at += group?.length ?? 1;
  }
  expect([...left.keys()], `${label}: transactions of the mempool that were not announced`).toEqual([]);
}

function hashOf(message: ExpectedMessage | undefined): string | undefined {
  return message && 'hashHex' in message ? message.hashHex : undefined;
}

function expectEqual(
  observed: readonly ObservedMessage[],
  expected: readonly ExpectedMessage[],
  label: string,
): void {
  // Each observed message is shown as its expected one is, so that a difference reads well.
  expect(
    observed.map((message, index) => showObserved(message, expected[index])),
    label,
  ).toEqual(expected.map(showExpected));
}

function showExpected(message: ExpectedMessage): unknown {
  switch (message.type) {
    case 'asset': {
      const { vout, type, asset, amountText, amountSats, address } = message.asset;
      const place = { status: message.status, position: message.position };
      const amount = { amountText, amount_sats: amountSats };
      return { message: 'asset', txid: message.hashHex, vout, type, asset, ...amount, address, ...place };
    }
    case 'reorg':
      return { message: 'reorg', data: message.data };
    case 'sequence':
      return { message: 'sequence', hash: message.hashHex, label: message.label };
    default:
      return { message: message.type, recordedText: message.recordedText, added: message.added };
  }
}

function showObserved(message: ObservedMessage, expected: ExpectedMessage | undefined): unknown {
  const { type, dataText } = message;
  const data = JSON.parse(dataText) as Readonly<Record<string, unknown>>;
  switch (type) {
    case 'asset': {
      const amountText = /"amount":([^,]+),/.exec(dataText)?.[1];
      const picked = ['txid', 'vout', 'type', 'asset', 'amount_sats', 'address', 'status', 'position'];
      return { message: type, amountText, ...Object.fromEntries(picked.map((key) => [key, data[key]])) };
    }
    case 'reorg':
      return { message: type, data };
    case 'sequence':
      return { message: type, hash: data['hash'], label: data['label'] };
    default: {
      const recordedText = expected && 'recordedText' in expected ? expected.recordedText : undefined;
      if (recordedText === undefined || !dataText.startsWith(`${recordedText},`))
        return { message: type, dataText };
      const added = JSON.parse(`{${dataText.slice(recordedText.length + 1)}`) as unknown;
      return { message: type, recordedText, added };
    }
  }
}
