# JSON-RPC over HTTP, as to the node itself: a question, a batch, and a look at the tip every second.
#   python3 examples/python/json_rpc_http.py http://127.0.0.1:8765
import json
import sys
import time
import urllib.error
import urllib.request

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8765"


def post(request):
    body = json.dumps(request).encode()
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(asked) as response:
            return json.load(response)
    except urllib.error.HTTPError as refused:
        # The statuses are the node's: 500 or 404 with an error in the body.
        return json.load(refused)


print("height", post({"jsonrpc": "2.0", "method": "getblockcount", "id": 1})["result"], flush=True)

genesis, refused = post(
    [
        {"jsonrpc": "2.0", "method": "getblockhash", "params": [0], "id": "genesis"},
        {"jsonrpc": "2.0", "method": "getblockhash", "params": [999999999], "id": "too high"},
    ]
)
print("genesis", genesis["result"], flush=True)
print("refused", refused["error"]["code"], refused["error"]["message"], flush=True)

tip = None
while True:
    newest = post({"jsonrpc": "2.0", "method": "getbestblockhash", "id": 2})["result"]
    if newest != tip:
        print("tip", newest, flush=True)
    tip = newest
    time.sleep(1)
