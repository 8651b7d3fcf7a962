# The gateway's own messages, which are evrmore-rpc's: one question, and what happens to blocks and transactions.
#   python3 examples/python/native.py ws://127.0.0.1:8765      (needs: pip install websockets)
import asyncio
import json
import sys

import websockets


async def main(url):
    # A message may be longer than the library's limit of 1 MiB.
    async with websockets.connect(url, max_size=None) as socket:
        await socket.send(json.dumps({"command": "getblockcount", "params": [], "id": 1}))
        await socket.send(json.dumps({"action": "subscribe", "topic": "blocks"}))
        await socket.send(json.dumps({"action": "subscribe", "topic": "transactions"}))
        async for text in socket:
            message = json.loads(text)
            kind, data = message["type"], message["data"]
            if kind == "welcome":
                print("chain", data["chain"], flush=True)
            elif kind == "response":
                print("height", data, flush=True)
            elif kind == "subscription":
                print("subscribed", message["topic"], message["status"], flush=True)
            elif kind == "block":
                print("block", data["height"], data["hash"], flush=True)
            elif kind == "transaction":
                print("transaction", data["status"], data["txid"], flush=True)
            elif kind == "error":
                print("error", data["code"], data["message"], file=sys.stderr)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8765"))
