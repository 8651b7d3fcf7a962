# ZION's messages: ping, status, and channels whose events are all of the type "event".
#   python3 examples/python/zion.py ws://127.0.0.1:8765      (needs: pip install websockets)
import asyncio
import json
import sys

import websockets


async def main(url):
    async with websockets.connect(url, max_size=None) as socket:
        await socket.send(json.dumps({"type": "ping"}))
        await socket.send(json.dumps({"type": "get_status"}))
        await socket.send(json.dumps({"type": "subscribe", "channels": ["blockchain", "mempool"]}))
        async for text in socket:
            message = json.loads(text)
            kind, data = message["type"], message.get("data")
            if kind == "welcome":
                print("welcome", message["server"], flush=True)
            elif kind == "pong":
                print("pong", flush=True)
            elif kind == "status":
                print("status", data["status"], flush=True)
            elif kind == "subscribed":
                print("subscribed", *message["channels"], flush=True)
            elif kind == "event" and message["event_type"] == "block":
                print("block", data["height"], data["hash"], flush=True)
            elif kind == "event" and message["event_type"] == "transaction":
                print("transaction", data["status"], data["txid"], flush=True)
            elif kind == "error":
                print("error", message["message"], file=sys.stderr)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8765"))
