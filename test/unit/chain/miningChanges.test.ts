import { expect, test } from 'vitest';
import { hasMiningChanged } from '../../../src/chain/miningChanges.js';

const INFO =
  '{"blocks":458,"currentblockweight":4000,"currentblocktx":0,"difficulty":4.656542373906925e-10,"networkhashps":12,' +
  '"hashespersec":0,"pooledtx":0,"chain":"regtest","warnings":""}';

test.each([
  ['"blocks":458', '"blocks":459'],
  ['4.656542373906925e-10', '4.656542373906926e-10'],
  ['"networkhashps":12', '"networkhashps":12345678901234567890.5'],
  ['"hashespersec":0', '"hashespersec":1'],
  ['"warnings":""', '"warnings":"x","generate":true'],
])('%s that becomes %s is a change', (before, after) => {
  expect(hasMiningChanged(INFO, INFO.replace(before, after))).toBe(true);
});

test('what changes with the mempool is none', () => {
  const next = INFO.replace('"pooledtx":0', '"pooledtx":9')
    .replace('4000', '8000')
    .replace('"currentblocktx":0', '"currentblocktx":2');
  expect(hasMiningChanged(INFO, next)).toBe(false);
});
