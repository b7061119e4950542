#!/usr/bin/env python3
"""A name server that knows what a file says, read again for each question.

    dnsd.py FILE            prints its port on 127.0.0.1

Lines of the file:

    NAME A|AAAA|CNAME|SRV|TLSA DATA...      a record
    NAME servfail|refused|silent|truncated|garbage [TYPE]   instead
    signed                  answers have the AD bit, if they were asked for it
    NAME unsigned           but not those for this name

A name without records does not exist.  What is asked goes to stdout.
"""
import socket
import struct
import sys
import threading

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28, "SRV": 33, "TLSA": 52}
CODES = {"servfail": 2, "refused": 5}
AD, TC = 0x20, 0x200


def name_bytes(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(x)]) + x for x in labels) + b"\0"


def data(kind, words):
    if kind == "A":
        return socket.inet_pton(socket.AF_INET, words[0])
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, words[0])
    if kind == "CNAME":
        return name_bytes(words[0])
    if kind == "SRV":
        return struct.pack("!HHH", *map(int, words[:3])) + name_bytes(words[3])
    return bytes(map(int, words[:3])) + bytes.fromhex(words[3])


def question(message):
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    kind, = struct.unpack_from("!H", message, at + 1)
    return ".".join(labels).lower(), kind, message[12:at + 5]


def records(zone, name, kind):
    found = []
    for words in zone:
        if words[0] != name or words[1] not in TYPES:
            continue
        if TYPES[words[1]] == kind or words[1] == "CNAME":
            rdata = data(words[1], words[2:])
            found.append(name_bytes(name) + struct.pack(
                "!HHIH", TYPES[words[1]], 1, 0, len(rdata)) + rdata)
        if words[1] == "CNAME" and kind != TYPES["CNAME"]:
            found += records(zone, words[2], kind)
    return found


def reply(message, path, tcp):
    with open(path, encoding="ascii") as file:
        zone = [line.split() for line in file if line.strip()]
    name, kind, asked = question(message)
    ad = message[3] & AD
    print(name, {v: k for k, v in TYPES.items()}.get(kind, kind),
          "ad" if ad else "", flush=True)
    flags, answers = 0x8180, records(zone, name, kind)
    if ["signed"] in zone and [name, "unsigned"] not in zone:
        flags |= ad
    if not any(words[0] == name and words[1:2] != ["unsigned"]
               for words in zone):
        flags |= 3
    for words in zone:
        if words[0] != name or (len(words) > 2 and words[1] not in TYPES
                                and TYPES[words[2]] != kind):
            continue
        if words[1] == "silent":
            return None
        if words[1] in CODES:
            flags, answers = 0x8180 | CODES[words[1]], []
        if words[1] == "garbage":    # a record that ends too early
            answers = [name_bytes(name) + struct.pack(
                "!HHIH", kind, 1, 0, 60000) + b"\3\1\1"]
        if words[1] == "truncated" and not tcp:
            flags, answers = flags | TC, []
    return message[:2] + struct.pack("!HHHHH", flags, 1, len(answers), 0, 0) \
        + asked + b"".join(answers)


def serve_tcp(listener, path):
    while True:
        sock, _ = listener.accept()
        size = sock.recv(2, socket.MSG_WAITALL)
        message = sock.recv(struct.unpack("!H", size)[0], socket.MSG_WAITALL)
        answer = reply(message, path, True)
        if answer is not None:
            sock.sendall(struct.pack("!H", len(answer)) + answer)
        sock.close()


def main():
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        udp.bind(("127.0.0.1", 0))
        try:
            tcp = socket.create_server(udp.getsockname())
            break
        except OSError:
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    threading.Thread(target=serve_tcp, args=(tcp, sys.argv[1]),
                     daemon=True).start()
    print(udp.getsockname()[1], flush=True)
    while True:
        message, peer = udp.recvfrom(4096)
        answer = reply(message, sys.argv[1], False)
        if answer is not None:
            udp.sendto(answer, peer)


main()
