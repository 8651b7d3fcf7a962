// Follows the chain and keeps its place, so that it goes on where it was when it is started again:
//
//   node examples/node-client.mjs ws://127.0.0.1:8765 place.txt
//
// Works without a node too: `npm start` in another terminal. That chain is made anew at each start; then remove place.txt.
import { readFile, writeFile } from 'node:fs/promises';
import { connect, toSats } from 'evrmore-gateway/client';

const [url = 'ws://127.0.0.1:8765', placeFile = 'place.txt'] = process.argv.slice(2);
const client = connect(url);

// What happens to the connection. The client comes back by itself; this is for people.
void (async () => {
  for await (const status of client.status()) console.error(status);
})();

// Ctrl-C: what has arrived is still handled, then the loop below ends.
process.once('SIGINT', () => void client.drain());

const place = await readFile(placeFile, 'utf8').catch(() => undefined);
console.log('height', await client.call('getblockcount'));

try {
  // Without a place: from now on. Other starts: 'genesis', a height, { height, hash }.
  for await (const event of client.subscribe('all', place === undefined ? {} : { from: place })) {
    switch (event.type) {
      case 'block':
        console.log('block', event.data.height, event.data.hash);
        break;
      case 'block_disconnected':
        console.log('undone', event.data.height, event.data.hash);
        break;
      case 'asset':
        console.log('asset', event.data.type, event.data.asset, toSats(event.data.amount), event.data.status);
        break;
      case 'gap':
        // What was unconfirmed is not known any more; what is in the mempool now follows.
        console.log('gap', event.data.topic, event.data.message);
        break;
      default:
    }
    // After the event was handled, not before: then it is handled again rather than never, should the process end here.
    // A gap has no place of its own.
    if (event.cursor !== null) await writeFile(placeFile, event.cursor);
  }
} catch (error) {
  // Refused, such as a place on a chain that this node has never seen. The client does not try that again.
  console.error(error.message);
  process.exitCode = 1;
}
client.close();
