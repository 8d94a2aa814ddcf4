"""A name server for recordings: a handful of answers over UDP, nothing else. usage: dns_server.py [ADDRESS] [PORT]"""

import ipaddress
import socket
import struct
import sys

A, AAAA, NXDOMAIN = 1, 28, 3
ZONE = {
    ("example.com", A): "192.0.2.10",
    ("example.com", AAAA): "2001:db8::10",
    ("www.example.com", A): "192.0.2.11",
    ("www.example.com", AAAA): "2001:db8::11",
}


def answer(query: bytes) -> bytes:
    """Header (id, flags, counts), the question as it was asked, and one record or NXDOMAIN."""
    ident = query[:2]
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    question = query[12 : at + 5]
    (qtype,) = struct.unpack_from(">H", query, at + 1)
    found = ZONE.get((".".join(labels).lower(), qtype))
    if found is None:
        return ident + struct.pack(">HHHHH", 0x8580 | NXDOMAIN, 1, 0, 0, 0) + question
    data = ipaddress.ip_address(found).packed
    record = struct.pack(">HHHIH", 0xC00C, qtype, 1, 60, len(data)) + data
    return ident + struct.pack(">HHHHH", 0x8580, 1, 1, 0, 0) + question + record


def main() -> None:
    address = sys.argv[1] if len(sys.argv) > 1 else "::"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 53
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind((address, port))
    while True:
        query, peer = sock.recvfrom(1232)
        sock.sendto(answer(query), peer)


main()
