import { memberSpans } from '../protocol/jsonSpans.js';
import { paint } from './formatLogLine.js';

type Members = ReadonlyMap<string, string>;

/** Colour of each event type, an SGR code. */
const COLOURS: Readonly<Record<string, number>> = {
  block: 32,
  block_disconnected: 31,
  reorg: 35,
  transaction: 36,
  asset: 33,
  mempool: 90,
  sequence: 90,
  final: 32,
  peer: 34,
  mining: 90,
  gap: 31,
};

/** Longest text of an event of an unknown type, in characters. */
const MAX_UNKNOWN_CHARS = 200;

/** An event as one line for people, with the digits of the message. `clock` stands in front. */
export function formatEvent(message: string, clock: string, colour: boolean): string {
  const members = memberSpans(message);
  const type = readText(members.get('type'));
  const dataJson = members.get('data') ?? '{}';
  const label = paint(type.padEnd(18), COLOURS[type] ?? 0, colour);
  return `${paint(clock, 90, colour)} ${label} ${describe(type, memberSpans(dataJson), dataJson)}`;
}

function describe(type: string, data: Members, dataJson: string): string {
  const value = (key: string): string => readText(data.get(key));
  switch (type) {
    case 'block':
    case 'block_disconnected':
      return `#${value('height')} ${value('hash')} ${count(value('tx_count'), 'transaction')}, ${value('size')} bytes`;
    case 'reorg': {
      const [oldTip, newTip] = [point(data.get('old_tip')), point(data.get('new_tip'))];
      return `depth ${value('depth')}, from ${oldTip} to ${newTip}`;
    }
    case 'transaction':
      return `${value('txid')} ${value('status')}, ${value('vin_count')} in, ${value('vout_count')} out`;
    case 'asset': {
      const amount = data.has('amount') ? ` ${value('amount')}` : '';
      return `${value('type')} ${value('asset')}${amount} ${value('status')} ${value('txid')}`;
    }
    case 'final':
      return `${value('txid')} in block #${value('height')}, ${count(value('depth'), 'confirmation')}`;
    case 'peer': {
      const where = data.has('addr') ? ` ${value('addr')}` : '';
      return `${value('id')} ${value('status')}${where} ${value('subver')}, ${count(value('peer_count'), 'peer')}`;
    }
    case 'mining':
      return `${value('networkhashps')} hashes/s in the network, ${value('hashespersec')} here, difficulty ${value('difficulty')}`;
    case 'gap':
      return `${value('topic')}: ${value('message')}`;
    case 'skipped':
      return `${value('topic')}: ${count(value('count'), 'event')} left out, this client reads too slowly`;
    case 'mempool':
      return `${count(value('size'), 'transaction')}, ${value('bytes')} bytes`;
    case 'sequence':
      return `${value('sequence')} ${value('label')} ${value('hash')}`;
    default:
      return clean(dataJson.slice(0, MAX_UNKNOWN_CHARS));
  }
}

function point(json: string | undefined): string {
  const members = memberSpans(json ?? '{}');
  return `#${readText(members.get('height'))} ${readText(members.get('hash')).slice(0, 16)}…`;
}

function count(text: string, noun: string): string {
  return `${text} ${text === '1' ? noun : `${noun}s`}`;
}

/** A JSON scalar as text: strings without their quotes, numbers with their digits; `?` where there is none. */
function readText(json: string | undefined): string {
  if (json === undefined) return '?';
  if (!json.startsWith('"')) return clean(json);
  return clean(String(JSON.parse(json)));
}

/** Names and messages of assets are chosen by strangers: nothing of them may steer a terminal. */
function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
