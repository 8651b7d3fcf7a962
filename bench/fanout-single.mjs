import { RIVALS, startBareSocket, startProduct, startRivals } from './support/contestants.mjs';
import { fanoutTable, measureFanout, profileFlags } from './support/fanout.mjs';

export const options = {
  clients: { type: 'string', default: '1000' },
  messages: { type: 'string', default: '600' },
  'per-second': { type: 'string', default: '200' },
  bytes: { type: 'string', default: '1024' },
  rounds: { type: 'string', default: '3' },
  coalesce: { type: 'string', default: '0,5,20' },
  rivals: { type: 'string', default: Object.keys(RIVALS).join(',') },
  'cpu-prof-dir': { type: 'string', default: '' },
};

/** One message at a time, at an even pace: CPU of the server process per delivered message. */
export async function run(values) {
  const [clients, messages, perSecond, bytes, rounds] = [
    'clients',
    'messages',
    'per-second',
    'bytes',
    'rounds',
  ].map((name) => Number(values[name]));
  const products = [];
  for (const ms of values.coalesce.split(',')) {
    products.push(
      await startProduct({
        name: ms === '0' ? 'evrmore-gateway' : `evrmore-gateway --coalesce ${ms}`,
        bytes,
        flags: ms === '0' ? [] : ['--coalesce', ms],
        execArgv: ms === '0' ? profileFlags(values['cpu-prof-dir']) : [],
      }),
    );
  }
  const bare = await startBareSocket({ bytes });
  const { started, skipped } = await startRivals(values.rivals, { bytes });
  const figures = await measureFanout([products[0], bare, ...products.slice(1), ...started], {
    clients,
    messages,
    rounds,
    send: (contestant) => contestant.paced(messages, perSecond),
    warmUpMessages: 100,
  });
  return fanoutTable(figures, {
    title: `fanout-single: ${clients} clients, ${messages} messages of ${bytes} bytes, ${perSecond} a second`,
    setup: `a process for each server, 2 for the clients, on loopback; median of ${rounds} rounds in turn, after some to warm up; the gateway is the whole program: a notice for each transaction → RPC → log → hub → sockets`,
    skipped,
    aim: 'the gateway at 1.15 times the bare writes or less; with --coalesce 20 below nats-server',
  });
}
