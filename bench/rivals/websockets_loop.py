"""Python `websockets`: a set of clients and one coroutine for each send. Commands come on the standard input."""

import asyncio
import sys
import time

import websockets

clients = set()


async def handle(client, path=None):
    clients.add(client)
    try:
        await client.wait_closed()
    finally:
        clients.discard(client)


async def send_to_all(text):
    await asyncio.gather(*(client.send(text) for client in clients), return_exceptions=True)


async def main():
    text = "x" * int(sys.argv[1])
    async with websockets.serve(
        handle, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=1024
    ) as server:
        print("port", server.sockets[0].getsockname()[1], flush=True)
        loop = asyncio.get_running_loop()
        while True:
            line = await loop.run_in_executor(None, sys.stdin.readline)
            if not line:
                return
            command, count, per_second = line.split()
            start = time.time()
            sent_at = []
            for index in range(int(count)):
                if command == "paced":
                    await asyncio.sleep(max(0, start + index / int(per_second) - time.time()))
                sent_at.append(time.time() * 1000)
                await send_to_all(text)
            print("sent", *(f"{moment:.3f}" for moment in sent_at), flush=True)


asyncio.run(main())
