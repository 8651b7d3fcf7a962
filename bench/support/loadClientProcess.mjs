// A process full of clients on raw TCP: they shake hands, send what they are told, and count the frames that come.
import { setTimeout as sleep } from 'node:timers/promises';
import net from 'node:net';
import { serveCommands } from './children.mjs';
import { clientMessage, clientPong, createFrameWalker, handshakeRequest } from './webSocketBytes.mjs';

/** Handshakes under way at the same time, of one process. */
const CONNECTING_AT_ONCE = 64;
/** All sockets are read into this one; what is read is looked at before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);
const HEADERS_END = Buffer.from('\r\n\r\n');
const PACE_INTERVAL_MS = 50;
const PATIENCE_MS = 60_000;

const groups = new Map();
const nowMs = () => performance.timeOrigin + performance.now();

function createGroup(options) {
  return {
    ...options,
    clients: [],
    units: 0,
    bytes: 0,
    closed: 0,
    lastAtMs: 0,
    wanted: Infinity,
    onWanted: undefined,
    /** Moments of arrival: of each client, one for each message. */
    arrivals: undefined,
  };
}

function connectOne(group, index) {
  const { port, path = '/', kind, protocol, readyFrames, unitBytes } = group;
  return new Promise((resolve, reject) => {
    const client = {
      lastSeq: group.lastSeqs?.[index],
      index,
      socket: undefined,
      count: 0,
      ready: false,
      lastCursor: undefined,
      closeReason: '',
    };
    let framesToReady = readyFrames;
    let headers = kind === 'raw' ? undefined : Buffer.alloc(0);
    let partialUnits = 0;

    const paced = group.bytesPerSecond !== undefined && index < group.slowCount;
    const never = group.bytesPerSecond === 0 && paced;

    const becomeReady = () => {
      client.ready = true;
      if (never) client.socket.pause();
      resolve(client);
    };

    const count = (units) => {
      if (group.arrivals !== undefined) {
        const atMs = nowMs();
        for (let unit = 0; unit < units; unit += 1) {
          group.arrivals[index * group.perClient + client.count + unit] = atMs - group.arrivalsFromMs;
        }
      }
      client.count += units;
      group.units += units;
      if (group.units >= group.wanted && group.onWanted !== undefined) {
        group.lastAtMs = nowMs();
        group.onWanted();
        group.onWanted = undefined;
      }
    };

    const walk = createFrameWalker(
      {
        onData(head, payloadBytes) {
          if (!client.ready) {
            if (group.answer !== undefined) answerRival(client, head.toString('latin1'), group.answer);
            framesToReady -= 1;
            if (framesToReady === 0) becomeReady();
            return;
          }
          group.bytes += payloadBytes;
          if (group.track !== undefined && track(group, client, head.toString('latin1')) === 0) return;
          if (unitBytes === undefined) {
            count(1);
            return;
          }
          partialUnits += payloadBytes;
          const units = Math.floor(partialUnits / unitBytes);
          partialUnits -= units * unitBytes;
          if (units > 0) count(units);
        },
        onPing: (payload) => client.socket.write(clientPong(payload)),
        onClose(payload) {
          client.closeReason = payload.subarray(2).toString('utf8');
        },
      },
      group.track !== undefined || group.answer !== undefined ? 512 : 0,
    );

    const onBytes = (chunk) => {
      if (headers === undefined) {
        walk(chunk);
        return;
      }
      headers = Buffer.concat([headers, chunk]);
      const end = headers.indexOf(HEADERS_END);
      if (end < 0) return;
      const status = headers.subarray(0, headers.indexOf('\r\n')).toString('latin1');
      const rest = headers.subarray(end + HEADERS_END.length);
      headers = undefined;
      if (!status.includes(' 101 ')) {
        reject(new Error(`the handshake was answered with ${status}`));
        return;
      }
      say(group, client);
      if (framesToReady === 0) becomeReady();
      walk(rest);
    };

    const options = { port, host: '127.0.0.1' };
    if (paced) {
      client.socket = net.connect(options);
      client.socket.on('data', (chunk) => {
        onBytes(chunk);
        if (!client.ready) return;
        client.socket.pause();
        if (!never) {
          const restMs = Math.max(PACE_INTERVAL_MS, (chunk.length / group.bytesPerSecond) * 1000);
          setTimeout(() => client.socket.resume(), restMs).unref();
        }
      });
    } else {
      client.socket = net.connect({
        ...options,
        onread: {
          buffer: READ_BUFFER,
          callback(bytes, buffer) {
            onBytes(buffer.subarray(0, bytes));
            return true;
          },
        },
      });
    }
    client.socket.on('connect', () => {
      client.socket.setNoDelay(true);
      if (kind !== 'raw') client.socket.write(handshakeRequest(port, path, { protocol }));
    });
    client.socket.on('error', (error) => {
      if (!client.ready) reject(error);
    });
    client.socket.on('close', () => {
      group.closed += 1;
      if (!client.ready)
        reject(new Error(`the connection was closed before it was ready: ${client.closeReason}`));
    });
  });
}

/** Engine.IO and Socket.IO: the server opens, the client joins the namespace. */
function answerRival(client, text, answer) {
  if (answer === 'socket.io' && text.startsWith('0{')) client.socket.write(clientMessage('40'));
}

/** Clients of one group may send different things: one of a list each, in turn; `CURSOR` is where the client stopped. */
function messageOf(message, group, index) {
  const text = Array.isArray(message) ? message[index % message.length] : message;
  return text.replace('CURSOR', group.resumeFrom?.[index] ?? '');
}

/**
 * Order and completeness: the number in the cursors may only grow. What is no event of the group's type does not count; a
 * subscription that was refused because too many come back at once is asked for again, as clients are told to.
 */
function track(group, client, text) {
  if (text.startsWith(`{"type":"${group.track}"`)) {
    client.lastCursor = /"cursor":"([^"]+)"/.exec(text)[1];
    const seq = Number(client.lastCursor.split('.')[3]);
    if (client.lastSeq !== undefined && seq <= client.lastSeq) group.outOfOrder += 1;
    client.lastSeq = seq;
    return 1;
  }
  if (text.includes('"code":1034')) {
    group.refused += 1;
    setTimeout(() => say(group, client), 100 + Math.random() * 900);
  } else if (text.includes('"type":"error"') || text.startsWith('{"type":"gap"')) group.others.push(text);
  return 0;
}

/** Sends what clients of the group send. */
function say(group, client) {
  for (const message of group.messages ?? [])
    client.socket.write(clientMessage(messageOf(message, group, client.index)));
}

/** As clients do: the queue of connections of a listening socket is finite, and who does not get in comes again. */
async function connectPatiently(group, index) {
  const untilMs = nowMs() + PATIENCE_MS;
  for (;;) {
    try {
      return await connectOne(group, index);
    } catch (error) {
      if (nowMs() > untilMs) throw error;
      group.retries += 1;
      await sleep(200 + Math.random() * 800);
    }
  }
}

async function connectAll(group) {
  const { count } = group;
  group.clients = new Array(count);
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      group.clients[index] = await connectPatiently(group, index);
    }
  };
  const lanes = Math.min(group.connectingAtOnce ?? CONNECTING_AT_ONCE, count);
  await Promise.all(Array.from({ length: lanes }, lane));
}

serveCommands({
  /** Connects `count` clients; resolves when each has had its `readyFrames` answers. */
  async connect({ name, ...options }) {
    const group = createGroup({
      readyFrames: 0,
      outOfOrder: 0,
      refused: 0,
      retries: 0,
      others: [],
      ...options,
    });
    groups.set(name, group);
    const fromMs = nowMs();
    await connectAll(group);
    return { tookMs: nowMs() - fromMs };
  },
  /** Starts to count anew, up to `total` messages of the group. */
  arm({ name, total, perClient }) {
    const group = groups.get(name);
    Object.assign(group, { units: 0, bytes: 0, wanted: total, lastAtMs: 0 });
    for (const client of group.clients) client.count = 0;
    group.arrivals = undefined;
    if (perClient !== undefined) {
      group.perClient = perClient;
      group.arrivalsFromMs = nowMs();
      group.arrivals = new Float64Array(perClient * group.clients.length);
    }
    group.whenWanted = total === 0 ? Promise.resolve() : new Promise((resolve) => (group.onWanted = resolve));
  },
  /** Resolves when all that `arm` named has come. */
  async wait({ name }) {
    const group = groups.get(name);
    await group.whenWanted;
    return { lastAtMs: group.lastAtMs };
  },
  counts({ name }) {
    const { units, bytes, closed, outOfOrder, refused, retries, others, clients } = groups.get(name);
    return {
      units,
      bytes,
      closed,
      outOfOrder,
      refused,
      retries,
      others: others.slice(-5),
      perClient: clients.map(({ count }) => count),
    };
  },
  /** Times between `sentAtMs[n]` and the arrival of the n-th message, of all clients from `fromIndex` on. */
  delays({ name, sentAtMs, fromIndex = 0 }) {
    const { arrivals, perClient, arrivalsFromMs, clients } = groups.get(name);
    const delays = [];
    for (let index = fromIndex; index < clients.length; index += 1) {
      for (let message = 0; message < sentAtMs.length; message += 1) {
        delays.push(arrivals[index * perClient + message] + arrivalsFromMs - sentAtMs[message]);
      }
    }
    return Float64Array.from(delays);
  },
  /** All connections of the group end at once, without a word. */
  cut({ name }) {
    const group = groups.get(name);
    for (const { socket } of group.clients) socket.resetAndDestroy();
  },
  /** The same clients come back, and send `messages` this time. */
  async again({ name, ...options }) {
    const group = groups.get(name);
    const before = group.clients;
    Object.assign(group, options, {
      resumeFrom: before.map(({ lastCursor }) => lastCursor),
      lastSeqs: before.map(({ lastSeq }) => lastSeq),
      closed: 0,
      retries: 0,
    });
    const fromMs = nowMs();
    await connectAll(group);
    return { tookMs: nowMs() - fromMs };
  },
});
