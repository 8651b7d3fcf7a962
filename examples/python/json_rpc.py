# JSON-RPC 2.0 over the socket: questions, and blocks as notifications.
#   python3 examples/python/json_rpc.py ws://127.0.0.1:8765      (needs: pip install websockets)
import asyncio
import itertools
import json
import sys

import websockets


async def main(url):
    async with websockets.connect(url, max_size=None) as socket:
        ids = itertools.count(1)
        waiting = {}

        async def listen():
            async for text in socket:
                message = json.loads(text)
                if message.get("method") == "block":
                    data = message["params"]["data"]
                    print("block", data["height"], data["hash"], flush=True)
                elif message.get("id") in waiting:
                    waiting.pop(message["id"]).set_result(message)

        async def call(method, params=()):
            request_id = next(ids)
            waiting[request_id] = asyncio.get_running_loop().create_future()
            answer = waiting[request_id]
            await socket.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": request_id}))
            return await answer

        listening = asyncio.create_task(listen())
        print("height", (await call("getblockcount"))["result"], flush=True)
        print("genesis", (await call("getblockhash", {"height": 0}))["result"], flush=True)
        error = (await call("getblockhash", [999999999]))["error"]
        print("refused", error["code"], error["message"], flush=True)
        print("subscribed", (await call("subscribe", ["blocks"]))["result"]["topic"], flush=True)
        await listening


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8765"))
