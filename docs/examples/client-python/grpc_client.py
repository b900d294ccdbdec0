"""Buys from an orderhub over gRPC with grpcio and protobuf.

The messages are made from the descriptors that the hub serves, so that nothing is generated beforehand:

    curl -sO http://127.0.0.1:8080/orderhub.binpb
    ORDERHUB_API_KEY=demo-key python3 grpc_client.py orderhub.binpb 127.0.0.1:9090 DIAMOND_100

A hub on another machine is called over TLS: with ORDERHUB_CA=FILE where its authority is your own.
"""

import os
import random
import sys
import time
import uuid

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "orderhub.v1."
FINAL = {"order.completed", "order.failed", "order.cancelled"}
# Calls that may be made twice: those that read, and an order with its reference.
REPEATABLE = {"CreateOrder", "QuoteOrder", "GetOrder"}


class HubError(Exception):
    """What a call failed with. Branch on reason, never on the message."""

    def __init__(self, hub, error):
        super().__init__(error.details())
        self.code, self.reason, self.metadata, self.retry_after = error.code(), "", {}, None
        status = hub.message("google.rpc.Status")()
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                status.ParseFromString(value)
        for detail in status.details:
            name = detail.type_url.rpartition("/")[2]
            if name == "google.rpc.ErrorInfo":
                info = hub.message(name).FromString(detail.value)
                self.reason, self.metadata = info.reason, dict(info.metadata)
            elif name == "google.rpc.RetryInfo":
                delay = hub.message(name).FromString(detail.value).retry_delay
                self.retry_after = delay.seconds + delay.nanos / 1e9

    def passes(self):
        return self.code == grpc.StatusCode.UNAVAILABLE or self.retry_after is not None


class Hub:
    def __init__(self, descriptors, channel, key):
        self.pool = descriptor_pool.DescriptorPool()
        for file in descriptors.file:
            self.pool.Add(file)
        self.channel, self.key = channel, key

    def message(self, name):
        descriptor = self.pool.FindMessageTypeByName(name)
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(self.pool).GetPrototype(descriptor)

    def prepare(self, service, method, stream):
        described = self.pool.FindServiceByName(PACKAGE + service).FindMethodByName(method)
        make = self.channel.unary_stream if stream else self.channel.unary_unary
        call = make(
            f"/{PACKAGE}{service}/{method}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=self.message(described.output_type.full_name).FromString,
        )
        return self.message(described.input_type.full_name), call

    def call(self, service, method, attempts=4, **fields):
        request, call = self.prepare(service, method, stream=False)
        for attempt in range(1, attempts + 1):
            try:
                return call(request(**fields), metadata=[("x-api-key", self.key)], timeout=30)
            except grpc.RpcError as error:
                failed = HubError(self, error)
                if method not in REPEATABLE or not failed.passes() or attempt == attempts:
                    raise failed from None
            time.sleep(max(failed.retry_after or 0, random.uniform(0.1, 0.2) * 2**attempt))

    def watch(self, after=0):
        """The events of the log after one, each once and in order, over as many streams as that takes."""
        request, call = self.prepare("OrderService", "WatchOrders", stream=True)
        while True:
            try:
                for message in call(request(after_sequence=after), metadata=[("x-api-key", self.key)]):
                    if message.HasField("event"):  # the others are heartbeats
                        yield message.event
                        after = message.event.sequence
            except grpc.RpcError as error:
                failed = HubError(self, error)
                if not failed.passes() and failed.reason != "READING_TOO_SLOWLY":
                    raise failed from None
            time.sleep(random.uniform(0.2, 0.5))


def buy(hub, sku):
    lines = [{"sku": sku, "quantity": 1}]
    quote = hub.call("OrderService", "QuoteOrder", lines=lines).quote
    print("costs", quote.total_amount, quote.currency)

    # Your own reference is better: it finds the order again after this program has died.
    asked = {"reference_id": f"python-{uuid.uuid4()}", "lines": lines, "expected_total_amount": quote.total_amount}
    order = hub.call("OrderService", "CreateOrder", order=asked).order
    print("placed", order.order_number)

    for event in hub.watch():
        if event.order_number != order.order_number:
            continue
        print(event.sequence, event.type)
        if event.type in FINAL:
            break
    order = hub.call("OrderService", "GetOrder", order_number=order.order_number).order
    for line in order.lines:
        for goods in line.goods:
            print("delivered", goods.content)


def channel(address):
    # A silent connection is found dead by pings, as often as the hub takes them.
    options = [("grpc.keepalive_time_ms", 60_000), ("grpc.keepalive_timeout_ms", 10_000)]
    if address.rpartition(":")[0] in ("localhost", "127.0.0.1", "[::1]"):
        return grpc.insecure_channel(address, options)
    authority = os.environ.get("ORDERHUB_CA")
    roots = open(authority, "rb").read() if authority else None
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(roots), options)


def main():
    path, address, sku = sys.argv[1:]
    with open(path, "rb") as file:
        descriptors = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    with channel(address) as opened:
        try:
            buy(Hub(descriptors, opened, os.environ["ORDERHUB_API_KEY"]), sku)
        except HubError as error:
            if error.reason == "INSUFFICIENT_BALANCE":
                sys.exit(f"{error.metadata['missing_amount']} {error.metadata['currency']} are missing")
            sys.exit(f"{error.code.name} {error.reason}: {error}")


main()
