import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../../src/server/commands/commandTable.js';
import {
  ANSWER_BYTES_PER_UNIT,
  answerCost,
  COMMAND_COSTS,
  MESSAGE_CHARS_PER_UNIT,
  OTHER_COMMAND_COST,
  requestCost,
} from '../../../../src/server/limits/requestCost.js';

const command = (name: string, chars = 100): number =>
  requestCost({ type: 'command', command: name, paramsJson: '[]' }, chars);

describe('the cost of a message', () => {
  it('is that of its command, and most for those that an operator has to allow', () => {
    expect(
      ['getblockcount', 'getblock', 'getaddressutxos', 'sendrawtransaction'].map((c) => command(c)),
    ).toEqual([1, 10, OTHER_COMMAND_COST, OTHER_COMMAND_COST]);
    expect(Math.max(...COMMAND_COSTS.keys())).toBeLessThan(OTHER_COMMAND_COST);
  });

  it('is listed for every command that strangers may call, once, and for commands that there are alone', () => {
    const listed = [...COMMAND_COSTS.values()].flatMap((names) => names.split(' '));
    const open = [...COMMANDS].filter(([, exposure]) => exposure === 'open' || exposure === 'guarded');
    expect(listed.toSorted()).toEqual(open.map(([name]) => name).toSorted());
  });

  it('grows with the length of the message and of the answer', () => {
    expect(command('uptime', MESSAGE_CHARS_PER_UNIT - 1)).toBe(1);
    expect(command('uptime', 3 * MESSAGE_CHARS_PER_UNIT)).toBe(4);
    expect([answerCost(ANSWER_BYTES_PER_UNIT - 1), answerCost(2 * ANSWER_BYTES_PER_UNIT)]).toEqual([0, 2]);
  });

  it('is more for a subscription from the past than for one from now', () => {
    const subscribe = { type: 'subscribe', topicName: 'blocks', topics: ['blocks'] } as const;
    expect(requestCost(subscribe, 50)).toBe(1);
    expect(requestCost({ ...subscribe, fromJson: '0' }, 50)).toBeGreaterThan(10);
  });
});
