import { RIVALS, startBareSocket, startProduct, startRivals } from './support/contestants.mjs';
import { fanoutTable, measureFanout, profileFlags } from './support/fanout.mjs';
import { numbersOf } from './support/numbersOf.mjs';

export const options = {
  clients: { type: 'string', default: '1000' },
  messages: { type: 'string', default: '1000' },
  bytes: { type: 'string', default: '1024' },
  rounds: { type: 'string', default: '15' },
  'rival-rounds': { type: 'string', default: '3' },
  'slow-messages': { type: 'string', default: '50' },
  'seconds-each': { type: 'string', default: '40' },
  rivals: { type: 'string', default: Object.keys(RIVALS).join(',') },
  'cpu-prof-dir': { type: 'string', default: '' },
};

/** A block's worth of messages at once: CPU of the server process per delivered message. */
export async function run(values) {
  const { clients, messages, bytes, rounds, rivalRounds, slowMessages, secondsEach } = numbersOf(values);
  const product = await startProduct({ bytes, execArgv: profileFlags(values['cpu-prof-dir']) });
  const bare = await startBareSocket({ bytes });
  const { started, skipped } = await startRivals(values.rivals, { bytes });
  const contestants = [product, bare, ...started];
  const { figures, skipped: late } = await measureFanout(contestants, {
    clients,
    messages,
    slowMessages,
    rounds,
    rivalRounds,
    warmUpMessages: messages,
    limitMs: secondsEach * 1000,
    send: (contestant, count) => contestant.burst(count),
  });
  return fanoutTable(figures, {
    title: `fanout-burst: ${clients} clients, ${messages} messages of ${bytes} bytes at once`,
    setup: `a process for each server, 2 for the clients, on loopback; median of ${rounds} rounds in turn, one way round and then the other, after some to warm up, and of ${rivalRounds} of them for rivals; the gateway is the whole program: a block of ${messages} transactions → RPC → log → hub → sockets; a server that makes a call for each message and client does ${slowMessages} at once`,
    skipped: [...skipped, ...late],
    aim: 'the ws loop at 25 times the gateway or more; the gateway at 1.3 times the bare writes or less',
  });
}
