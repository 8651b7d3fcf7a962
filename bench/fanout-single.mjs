import { RIVALS, startBareSocket, startProduct, startRivals } from './support/contestants.mjs';
import { fanoutTable, measureFanout, profileFlags } from './support/fanout.mjs';
import { numbersOf } from './support/numbersOf.mjs';

export const options = {
  clients: { type: 'string', default: '1000' },
  messages: { type: 'string', default: '600' },
  'per-second': { type: 'string', default: '200' },
  bytes: { type: 'string', default: '1024' },
  rounds: { type: 'string', default: '3' },
  'slow-messages': { type: 'string', default: '50' },
  'seconds-each': { type: 'string', default: '40' },
  coalesce: { type: 'string', default: '0,5,20' },
  rivals: { type: 'string', default: Object.keys(RIVALS).join(',') },
  'cpu-prof-dir': { type: 'string', default: '' },
};

/** One message at a time, at an even pace: CPU of the server process per delivered message. */
export async function run(values) {
  const { clients, messages, perSecond, bytes, rounds, slowMessages, secondsEach } = numbersOf(values);
  const products = [];
  /** The least that each setting can cost. */
  const joined = [];
  for (const ms of values.coalesce.split(',')) {
    if (ms !== '0') joined.push(await startBareSocket({ bytes, coalesceMs: Number(ms) }));
    products.push(
      await startProduct({
        name: ms === '0' ? 'evrmore-gateway' : `evrmore-gateway --coalesce ${ms}`,
        bytes,
        flags: ms === '0' ? [] : ['--coalesce', ms],
        execArgv: profileFlags(values['cpu-prof-dir'], `coalesce-${ms}`),
      }),
    );
  }
  const bare = await startBareSocket({ bytes });
  const { started, skipped } = await startRivals(values.rivals, { bytes });
  const { figures, skipped: late } = await measureFanout(
    [products[0], bare, ...products.slice(1), ...joined, ...started],
    {
      clients,
      messages,
      slowMessages,
      rounds,
      warmUpMessages: 100,
      pacedToFew: 3000,
      limitMs: secondsEach * 1000,
      send: (contestant, count) => contestant.paced(count, perSecond),
    },
  );
  return fanoutTable(figures, {
    title: `fanout-single: ${clients} clients, ${messages} messages of ${bytes} bytes, ${perSecond} a second`,
    setup: `a process for each server, 2 for the clients, on loopback; median of ${rounds} rounds in turn, after some to warm up; the gateway is the whole program: a notice for each transaction → RPC → log → hub → sockets; a server that makes a call for each message and client sends ${slowMessages} in a round`,
    skipped: [...skipped, ...late],
    aim: 'the gateway at 1.15 times the bare writes or less; with --coalesce 20 below nats-server',
  });
}
