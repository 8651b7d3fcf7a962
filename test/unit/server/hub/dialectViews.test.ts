import { describe, expect, it } from 'vitest';
import { JSON_RPC_2 } from '../../../../src/protocol/dialects/jsonRpc.js';
import { NATIVE } from '../../../../src/protocol/dialects/native.js';
import { createDialectViews } from '../../../../src/server/hub/dialectViews.js';
import { createTestLog, draft } from '../../../support/serverHarness.js';

describe('the views of a dialect', () => {
  it('frame and compress an event once, for whoever has the same form', () => {
    const made: string[] = [];
    const make = (how: string) => (message: Buffer) => {
      made.push(how);
      return [Buffer.from(how), message];
    };
    const views = createDialectViews(make('plain'), make('compressed'));
    const log = createTestLog();
    log.append([draft('block', 1)]);
    const [event] = log.read(1, 1) ?? [];
    if (event === undefined) throw new Error('no event');
    const [plain, compressed] = [views.of(NATIVE, false), views.of(NATIVE, true)];
    expect(views.of(NATIVE, true)).toBe(compressed);
    expect(plain.key).not.toBe(compressed.key);
    expect(plain.framesOf(event).join('')).toBe(`plain${event.message.toString()}`);
    expect(compressed.framesOf(event).join('')).toBe(`compressed${event.message.toString()}`);
    expect(compressed.framesOf(event)).toBe(compressed.framesOf(event));
    // What only one client is sent is not compressed, and is the same memory as for the others.
    expect(compressed.cheap?.framesOf(event)).toBe(plain.framesOf(event));
    expect(plain.cheap).toBeUndefined();
    expect(made).toEqual(['plain', 'compressed']);
  });

  it('show operators what is theirs, and share the frames of everything else', () => {
    const made: string[] = [];
    const views = createDialectViews(
      (message) => {
        made.push(message.toString());
        return [message];
      },
      (message) => [message],
    );
    const log = createTestLog();
    log.append([draft('block', 1), { ...draft('peer', 2), operatorJson: Buffer.from('{"addr":"x"}') }]);
    const [block, peer] = log.read(1, 2) ?? [];
    if (block === undefined || peer === undefined) throw new Error('no events');
    for (const dialect of [NATIVE, JSON_RPC_2]) {
      const [open, operator] = [views.of(dialect, false), views.of(dialect, false, true)];
      expect(operator.key).not.toBe(open.key);
      expect(operator.framesOf(block)).toBe(open.framesOf(block));
      expect(open.framesOf(peer).join('')).not.toContain('addr');
      const text = operator.framesOf(peer).join('');
      expect(JSON.stringify(JSON.parse(text))).toBe(text);
      expect(text).toContain('"data":{"addr":"x"}');
      operator.framesOf(peer);
    }
    expect(made).toHaveLength(6);
  });
});
