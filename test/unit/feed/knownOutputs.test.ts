import { expect, test } from 'vitest';
import type { TransactionAbout } from '../../../src/chain/transactionAbout.js';
import type { EventDraft } from '../../../src/feed/eventLogTypes.js';
import type { TransactionStatus } from '../../../src/protocol/events.js';
import { newKnownOutputs, output, transaction } from '../../support/filterEvents.js';

function draftsOf(
  transactions: readonly TransactionAbout[],
  status: TransactionStatus = 'mempool',
): readonly EventDraft[] {
  return transactions.map((about) => ({
    type: 'transaction',
    point: { height: 1, hashHex: 'ab'.repeat(32) },
    stage: 'mempool',
    part: 'transaction',
    txIndex: 0,
    assetIndex: 0,
    dataJson: Buffer.from('{}'),
    about: { kind: 'transaction', txid: about.txid, status, transaction: about },
  }));
}

test('an input is known by the transaction that passed before, its asset included', () => {
  const known = newKnownOutputs();
  const paid = output(1, 'E1', '5.00000000', 'ORG');
  const spending = transaction('bb', [], ['aa:1', 'aa:7', 'zz:0']);
  known.learn(draftsOf([transaction('aa', [output(0, 'E0'), paid]), spending]));
  expect(spending.inputs.map(({ spent }) => spent)).toEqual([paid, undefined, undefined]);
});

test('the own output is preferred to what the spent index says, for that knows no assets', () => {
  const known = newKnownOutputs();
  const paid = output(0, 'E1', '5.00000000', 'ORG');
  const told = { n: 0, addresses: ['E1'], value: '0' };
  const spending = transaction(
    'bb',
    [],
    [
      { txid: 'aa', vout: 0, spent: told },
      { txid: 'zz', vout: 0, spent: told },
    ],
  );
  known.learn(draftsOf([transaction('aa', [paid]), spending]));
  expect(spending.inputs.map(({ spent }) => spent)).toEqual([paid, told]);
});

test('a transaction that is read again without the spent index keeps what was known of its inputs', () => {
  const known = newKnownOutputs();
  const told = { n: 0, addresses: ['E1'], value: '3.00000000' };
  known.learn(draftsOf([transaction('bb', [], [{ txid: 'aa', vout: 0, spent: told }])]));
  const again = transaction('bb', [], ['aa:0']);
  known.learn(draftsOf([again], 'unconfirmed'));
  expect(again.inputs[0]?.spent).toEqual(told);
});

test('what was followed is known after its transaction was forgotten', () => {
  const known = newKnownOutputs({ maxRecent: 2 });
  const paid = output(0, 'E1');
  known.learn(draftsOf([transaction('aa', [paid, output(1, 'E2')])]));
  known.follow('aa', paid);
  known.learn(draftsOf([transaction('bb', [output(0, 'E3'), output(1, 'E3')])]));
  const spending = transaction('cc', [], ['aa:0', 'aa:1']);
  known.learn(draftsOf([spending]));
  expect(spending.inputs.map(({ spent }) => spent)).toEqual([paid, undefined]);
});

test('an input whose output is learned later is filled in when it is asked for', () => {
  const known = newKnownOutputs();
  const spending = transaction('bb', [], ['aa:0']);
  known.learn(draftsOf([spending]));
  const [input] = spending.inputs;
  if (input === undefined) throw new Error('no input');
  expect(known.spentBy(input)).toBeUndefined();
  known.follow('aa', output(0, 'E1'));
  expect(known.spentBy(input)).toEqual(output(0, 'E1'));
  expect(input.spent).toEqual(output(0, 'E1'));
});

test('what is remembered stays within its limits, and what is spent stays longer', () => {
  const known = newKnownOutputs({ maxRecent: 4, maxFollowed: 2 });
  const old = transaction('aa', [output(0, 'E1')]);
  known.learn(draftsOf([old, transaction('bb', [output(0, 'E2')])]));
  known.learn(draftsOf([transaction('cc', [], ['aa:0'])]));
  known.learn(draftsOf([transaction('dd', [output(0, 'E2'), output(1, 'E2')])]));
  expect(known.recent).toBe(4);
  const [kept, left] = [transaction('ee', [], ['aa:0']), transaction('ff', [], ['bb:0'])];
  known.learn(draftsOf([kept, left]));
  expect([kept.inputs[0]?.spent, left.inputs[0]?.spent]).toEqual([output(0, 'E1'), undefined]);
  for (let n = 0; n < 3; n += 1) known.follow('xx', output(n, 'E1'));
  known.follow('xx', output(2, 'E1'));
  expect([known.followed, known.unfollowed]).toEqual([2, 1]);
});

test('a transaction with more outputs than are remembered is not kept', () => {
  const known = newKnownOutputs({ maxRecent: 2 });
  known.learn(draftsOf([transaction('aa', [output(0, 'E1'), output(1, 'E1'), output(2, 'E1')])]));
  expect(known.recent).toBe(0);
});

test('whether the node has a spent index is what its newest transactions show', () => {
  const known = newKnownOutputs();
  const shown = [known.hasSpentIndex];
  const without = transaction('aa', [], ['xx:0']);
  const withIndex = { ...transaction('bb', [], ['xx:1']), hasSpentIndex: true } as const;
  known.learn(draftsOf([withIndex]));
  shown.push(known.hasSpentIndex);
  // A coinbase shows nothing, and what is gone is not shown by the node.
  known.learn(draftsOf([transaction('cb', [])], 'confirmed'));
  known.learn(draftsOf([transaction('gone', [], ['xx:2'])], 'evicted'));
  shown.push(known.hasSpentIndex);
  known.learn(draftsOf([without]));
  shown.push(known.hasSpentIndex);
  expect(shown).toEqual([false, true, true, false]);
});

test('after all has left at once, the oldest leaves first again', () => {
  const known = newKnownOutputs({ maxRecent: 2 });
  const many = transaction('aa', [output(0, 'E1'), output(1, 'E1'), output(2, 'E1')]);
  const [first, second, third] = ['bb', 'cc', 'dd'].map((txid) => transaction(txid, [output(0, txid)]));
  if (first === undefined || second === undefined || third === undefined) throw new Error('no transaction');
  known.learn(draftsOf([many, first, second, third]));
  expect(known.recent).toBe(2);
  const asked = ['bb:0', 'cc:0', 'dd:0'].map((outpoint) => transaction(`spends ${outpoint}`, [], [outpoint]));
  const spent = asked.map(({ inputs: [input] }) => input && known.spentBy(input)?.addresses[0]);
  expect(spent).toEqual([undefined, 'cc', 'dd']);
});
