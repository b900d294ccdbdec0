"""Buys from an orderhub over REST, with nothing but Python's own library.

    ORDERHUB_API_KEY=demo-key python3 rest.py http://127.0.0.1:8080 DIAMOND_100
"""

import http.client
import json
import os
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

BASE = sys.argv[1].rstrip("/") + "/hub/v1"
KEY = os.environ["ORDERHUB_API_KEY"]
FINAL = {"order.completed", "order.failed", "order.cancelled"}


class HubError(Exception):
    """What a call failed with. Branch on reason, never on the message."""

    def __init__(self, status, body, retry_after):
        super().__init__(body.get("message", f"the answer has the status {status} and is not the hub's"))
        self.status = status
        self.reason = body.get("reason", "")
        self.metadata = body.get("metadata", {})
        self.violations = body.get("violations", [])
        self.retry_after = retry_after  # seconds; None where repeating does not help


def open_path(path, body=None, timeout=30, **headers):
    request = urllib.request.Request(
        BASE + path,
        data=None if body is None else json.dumps(body).encode(),
        # The key goes into a header, never into an address.
        headers={"X-Api-Key": KEY, "Content-Type": "application/json", **headers},
    )
    try:
        return urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        with error:
            try:
                said = json.load(error)
            except ValueError:
                said = {}
        after = error.headers.get("Retry-After")
        raise HubError(error.code, said, int(after) if after else None) from None


def call(path, body=None):
    with open_path(path, body) as answer:
        return json.load(answer)


def call_again(path, body=None, attempts=4):
    """For calls that may be made twice: those that read, and an order with its reference."""
    for attempt in range(1, attempts + 1):
        try:
            return call(path, body)
        except HubError as error:
            if error.retry_after is None or attempt == attempts:
                raise
            wait = error.retry_after
        except (OSError, http.client.HTTPException):  # the connection: whether the call had its effect is unknown
            if attempt == attempts:
                raise
            wait = 0
        time.sleep(max(wait, random.uniform(0.1, 0.2) * 2**attempt))


def watch(after="0"):
    """The events of the log after one, each once and in order, over as many streams as that takes."""
    while True:
        try:
            query = urllib.parse.urlencode({"afterSequence": after})
            # There is a heartbeat every 15 seconds: a minute of silence means that the connection is dead.
            with open_path("/orders:watch?" + query, timeout=60, Accept="text/event-stream") as stream:
                kind = ""
                for line in stream:
                    if not line.endswith(b"\n"):
                        break  # the connection broke within it
                    name, _, value = line.decode().rstrip("\n").partition(": ")
                    if name == "event":
                        kind = value
                    elif name == "data" and kind != "error":
                        event = json.loads(value)
                        yield event
                        after = event["sequence"]
        except HubError as error:
            if error.retry_after is None:
                raise
            time.sleep(error.retry_after)
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(random.uniform(0.2, 0.5))


def buy(sku):
    lines = [{"sku": sku, "quantity": 1}]
    quote = call_again("/orders:quote", {"lines": lines})
    print("costs", quote["totalAmount"], quote["currency"])

    # Your own reference is better: it finds the order again after this program has died.
    reference = f"python-{uuid.uuid4()}"
    order = call_again(
        "/orders", {"referenceId": reference, "lines": lines, "expectedTotalAmount": quote["totalAmount"]}
    )
    print("placed", order["orderNumber"])

    for event in watch():
        if event["orderNumber"] != order["orderNumber"]:
            continue
        print(event["sequence"], event["type"])
        if event["type"] in FINAL:
            break
    order = call_again("/orders/" + urllib.parse.quote(order["orderNumber"], safe=""))
    for line in order["lines"]:
        for goods in line["goods"]:
            print("delivered", goods["content"])


try:
    buy(sys.argv[2])
except HubError as error:
    if error.reason == "INSUFFICIENT_BALANCE":
        sys.exit(f"{error.metadata['missing_amount']} {error.metadata['currency']} are missing")
    sys.exit(f"{error.status} {error.reason}: {error}")
