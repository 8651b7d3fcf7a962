import { createHash } from 'node:crypto';
import { parseTopic } from '../../protocol/topics.js';

const STYLE = `
:root{color-scheme:light dark;--fg:#1b1f24;--bg:#f6f7f9;--card:#fff;--line:#d9dee5;--dim:#667080;--ok:#1a7f4b;--bad:#c0392b}
@media (prefers-color-scheme:dark){:root{--fg:#e4e8ee;--bg:#12151a;--card:#1b2027;--line:#2d343e;--dim:#93a0b0;--ok:#4cc38a;--bad:#ff7b6b}}
*{box-sizing:border-box}
body{margin:0;font:15px/1.45 system-ui,sans-serif;color:var(--fg);background:var(--bg)}
header,main{max-width:60rem;margin:0 auto;padding:.75rem 1rem}
h1{font-size:1.15rem;margin:0 .5rem 0 0}
.row{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.5rem 0}
#state{font-weight:600}#state.on{color:var(--ok)}#state.off{color:var(--bad)}
#about{color:var(--dim)}
button,input{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.4rem .7rem;min-height:2.4rem}
button{cursor:pointer}button[aria-pressed=true]{border-color:currentColor;font-weight:600;box-shadow:inset 0 0 0 1px currentColor}
form{display:flex;gap:.5rem}form input{flex:1;min-width:0;font-family:ui-monospace,monospace}
ol{list-style:none;margin:.5rem 0;padding:0}
li{background:var(--card);border:1px solid var(--line);border-left:.3rem solid var(--tint,var(--dim));border-radius:.4rem;margin:.3rem 0}
summary{display:flex;gap:.6rem;padding:.35rem .6rem;cursor:pointer;overflow:hidden;white-space:nowrap}
summary time{color:var(--dim)}summary b{color:var(--tint,var(--dim))}summary span{overflow:hidden;text-overflow:ellipsis}
pre{margin:0;padding:.5rem .6rem;border-top:1px solid var(--line);white-space:pre-wrap;overflow-wrap:anywhere;max-height:24rem;overflow:auto;font-size:.85rem}
.t-block{--tint:#2f81f7}.t-block_disconnected,.t-reorg{--tint:#d4572a}.t-transaction{--tint:#8250df}.t-asset{--tint:#b8860b}
.t-mempool{--tint:#16857c}.t-sequence{--tint:#768390}.t-error{--tint:#c0392b}.t-response,.t-subscription,.t-welcome{--tint:#1a7f4b}.t-sent{--tint:#57606a}
`;

const SCRIPT = `
'use strict';
const SHORT_NAMES = ['block', 'transaction', 'asset', 'peer'];
const ALL = ${JSON.stringify(parseTopic('all')?.map((topic) => `topic ${topic}`))};
const KEEP = 200;
const byId = (id) => document.getElementById(id);
const wanted = new Set(['topic blocks', 'topic assets']);
let choices = new Map();
const buttons = new Map();
let socket;
let retryMs = 500;
let paused = false;
let shown = 0;

function summary(type, data, text) {
  const amount = /"amount":(-?[0-9.]+)/.exec(text);
  switch (type) {
    case 'block':
    case 'block_disconnected': return '#' + data.height + ' ' + data.hash;
    case 'transaction': return (data.status || '') + ' ' + data.txid;
    case 'asset': return [data.type, data.asset, amount ? amount[1] : '', data.status, data.txid].filter(Boolean).join(' ');
    case 'mempool': return data.size + ' transactions, ' + data.bytes + ' bytes';
    case 'sequence': return data.sequence + ' ' + data.label + ' ' + data.hash;
    case 'final': return data.txid + ' ' + data.depth + ' confirmations';
    case 'peer': return data.id + ' ' + data.status + ' ' + (data.subver || '');
    case 'mining': return 'difficulty ' + data.difficulty + ', ' + data.networkhashps + ' hashes/s';
    case 'error': return data.code + ' ' + data.message;
    default: return text;
  }
}
function add(type, text, words) {
  shown += 1;
  byId('count').textContent = shown + ' messages';
  if (paused) return;
  const item = document.createElement('li');
  const details = document.createElement('details');
  const line = document.createElement('summary');
  const time = document.createElement('time');
  const name = document.createElement('b');
  const rest = document.createElement('span');
  if (/^[a-z_]+$/.test(type)) item.className = 't-' + type;
  time.textContent = new Date().toLocaleTimeString();
  name.textContent = type;
  rest.textContent = words.slice(0, 300);
  line.append(time, name, rest);
  details.append(line);
  details.addEventListener('toggle', () => {
    if (details.childElementCount > 1) return;
    const raw = document.createElement('pre');
    raw.textContent = text;
    details.append(raw);
  });
  item.append(details);
  byId('feed').prepend(item);
  while (byId('feed').childElementCount > KEEP) byId('feed').lastElementChild.remove();
}
function state(text, on) {
  byId('state').textContent = text;
  byId('state').className = on ? 'on' : 'off';
}
function send(text) {
  if (!socket || socket.readyState !== WebSocket.OPEN) return;
  socket.send(text);
  add('sent', text, text);
}
function receive(text) {
  let message;
  try { message = JSON.parse(text); } catch { message = {}; }
  const type = String(message.type);
  const data = message.data && typeof message.data === 'object' ? message.data : {};
  if (type === 'welcome') {
    offer(data.topics || [], message.available_streams || []);
    byId('about').textContent = 'version ' + data.version + ', chain ' + (data.chain || 'not known yet') + (data.simulated ? ' (simulated)' : '');
  }
  if (type === 'block') byId('tip').textContent = 'block ' + data.height;
  add(type, text, summary(type, data, text));
  if (type === 'welcome') for (const [key, names] of choices) if (wanted.has(key)) ask('subscribe', names);
}
function ask(action, names) {
  send(JSON.stringify({ action, ...names }));
}
// All stands for several: it is on while they all are.
function partsOf(key) {
  return key === 'topic all' ? ALL : [key];
}
function isOn(key) {
  return partsOf(key).every((part) => wanted.has(part));
}
function show() {
  for (const [key, button] of buttons) button.setAttribute('aria-pressed', String(isOn(key)));
}
// What the gateway says there is: its topics, once each, those of its operator, and its streams.
function offer(topics, streams) {
  const before = [...choices.keys()].join();
  choices = new Map([
    ...topics.filter((topic) => !SHORT_NAMES.includes(topic)).map((topic) => ['topic ' + topic, { topic }]),
    ...streams.map((stream) => ['stream ' + stream, { stream }]),
  ]);
  if ([...choices.keys()].join() === before) return;
  buttons.clear();
  for (const [key, names] of choices) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = names.topic || names.stream + ' (stream)';
    button.addEventListener('click', () => {
      const on = !isOn(key);
      for (const part of partsOf(key)) if (on) wanted.add(part); else wanted.delete(part);
      show();
      ask(on ? 'subscribe' : 'unsubscribe', names);
    });
    buttons.set(key, button);
  }
  show();
  byId('topics').replaceChildren(...buttons.values());
}
function connect() {
  state('connecting', false);
  socket = new WebSocket((location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + '/ws');
  socket.addEventListener('open', () => {
    retryMs = 500;
    state('connected', true);
  });
  socket.addEventListener('message', (event) => receive(event.data));
  socket.addEventListener('close', (event) => {
    state('disconnected (' + event.code + (event.reason ? ': ' + event.reason.split('; cursor=')[0] : '') + ')', false);
    setTimeout(connect, retryMs * (0.5 + Math.random()));
    retryMs = Math.min(retryMs * 2, 15000);
  });
}
byId('pause').addEventListener('click', () => {
  paused = !paused;
  byId('pause').setAttribute('aria-pressed', String(paused));
});
byId('clear').addEventListener('click', () => byId('feed').replaceChildren());
byId('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('text').value.trim();
  if (text) send(text);
});
connect();
`;

/** The page on `/`: one file, no other resource; shows what arrives and sends what is typed. Text from outside is set as text only. */
export const PAGE_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evrmore gateway</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<div class="row"><h1>Evrmore gateway</h1><span id="state" role="status">connecting</span><span id="tip"></span><span id="about"></span></div>
<div class="row" id="topics" aria-label="Topics and streams"></div>
<form id="say">
<input id="text" aria-label="Message" autocomplete="off" spellcheck="false" value='{"command":"getblockchaininfo","params":[]}'>
<button>Send</button>
</form>
<div class="row"><button type="button" id="pause" aria-pressed="false">Pause</button><button type="button" id="clear">Clear</button><span id="count">0 messages</span></div>
</header>
<main><ol id="feed"></ol><noscript>The live feed needs JavaScript.</noscript></main>
<script>${SCRIPT}</script>
</body>
</html>
`;

/** Content policy of the page: its own style and script by their hashes, connections to where it came from, nothing else. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
