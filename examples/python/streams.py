# Block Buster's streams: figures of the network every 2 seconds, and confirmed asset transfers.
#   python3 examples/python/streams.py ws://127.0.0.1:8765      (needs: pip install websockets)
import asyncio
import json
import sys

import websockets


async def main(url):
    async with websockets.connect(url, max_size=None) as socket:
        await socket.send(json.dumps({"type": "subscribe", "stream": "network_metrics"}))
        await socket.send(json.dumps({"type": "subscribe", "stream": "receipts"}))
        async for text in socket:
            message = json.loads(text)
            kind, data = message["type"], message.get("data")
            if kind == "welcome":
                print("streams", *message["available_streams"], flush=True)
            elif kind == "subscribed":
                print("subscribed", message["stream"], flush=True)
            elif kind == "network_metrics":
                print("network", data["block_height"], data["network_strength"], flush=True)
            elif kind == "receipts":
                for receipt in data["receipts"]:
                    print("receipt", receipt["market"], receipt["amount_sats"], receipt["consumer"], flush=True)
            elif kind == "error":
                print("error", message["message"], file=sys.stderr)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8765"))
