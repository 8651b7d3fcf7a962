# Dilithion's live updates, JSON-RPC 2.0 over the socket: blocks, transactions, peers and mining.
#   python3 examples/python/dilithion.py ws://127.0.0.1:8765      (needs: pip install websockets)
import asyncio
import json
import sys

import websockets


async def main(url):
    async with websockets.connect(url, max_size=None) as socket:
        # Four subscriptions in one batch, answered by one array.
        topics = ["blocks", "transactions", "peers", "mining"]
        batch = [{"jsonrpc": "2.0", "method": "subscribe", "params": [topic], "id": topic} for topic in topics]
        await socket.send(json.dumps(batch))
        async for text in socket:
            message = json.loads(text)
            if isinstance(message, list):
                for answer in message:
                    status = answer["result"]["status"] if "result" in answer else answer["error"]["message"]
                    print("subscribed", answer["id"], status, flush=True)
                continue
            data = message.get("params", {}).get("data")
            if message.get("method") == "block":
                print("block", data["height"], data["hash"], flush=True)
            elif message.get("method") == "transaction":
                print("transaction", data["status"], data["txid"], flush=True)
            elif message.get("method") == "peer":
                print("peer", data["id"], data["status"], flush=True)
            elif message.get("method") == "mining":
                print("mining", data["blocks"], data["hashespersec"], flush=True)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8765"))
