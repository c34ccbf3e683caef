"""One Kafka request by hand (Metadata v4): is the broker answering, which cluster is it, which topics does it hold?

The launcher needs no client library for that, and only shared.messaging.broker.kafka may import one.
"""

import socket
import struct
from dataclasses import dataclass

METADATA, VERSION = 3, 4


@dataclass(frozen=True)
class Metadata:
    cluster_id: str
    topics: dict[str, int]  # name -> number of partitions


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, layout: str) -> int:
        value: int
        (value,) = struct.unpack_from(f">{layout}", self._data, self._at)
        self._at += struct.calcsize(layout)
        return value

    def text(self) -> str:
        length = self.number("h")
        if length < 0:
            return ""
        self._at += length
        return self._data[self._at - length : self._at].decode()

    def skip_numbers(self) -> None:
        for _ in range(self.number("i")):
            self.number("i")


def ask_metadata(host: str, port: int, timeout: float = 2.0) -> Metadata:
    """Raises OSError when the broker does not answer."""
    client = b"patron"
    # every topic (a null list), and none created by asking
    request = struct.pack(">hhih", METADATA, VERSION, 1, len(client)) + client + struct.pack(">i?", -1, False)
    with socket.create_connection((host, port), timeout=timeout) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (length,) = struct.unpack(">i", _exactly(connection, 4))
        return _parse(_Reader(_exactly(connection, length)))


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionError("the broker closed the connection")
        data += part
    return data


def _parse(reader: _Reader) -> Metadata:
    reader.number("i")  # correlation
    reader.number("i")  # throttle time
    for _ in range(reader.number("i")):  # brokers: node, host, port, rack
        reader.number("i")
        reader.text()
        reader.number("i")
        reader.text()
    cluster_id = reader.text()
    reader.number("i")  # controller
    topics: dict[str, int] = {}
    for _ in range(reader.number("i")):
        reader.number("h")  # error
        name = reader.text()
        reader.number("b")  # internal
        partitions = reader.number("i")
        for _ in range(partitions):  # error, partition, leader, replicas, in-sync replicas
            reader.number("h")
            reader.number("i")
            reader.number("i")
            reader.skip_numbers()
            reader.skip_numbers()
        topics[name] = partitions
    return Metadata(cluster_id, topics)
