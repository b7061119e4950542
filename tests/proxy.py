#!/usr/bin/env python3
"""A proxy that has one server behind it, whatever host it is asked for.

    proxy.py PORT [USER:PASSWORD]

Speaks SOCKS 5 and HTTP's CONNECT on one port, which it prints; then one line
for each request: the way and the host asked for.
"""
import base64
import socket
import struct
import sys
import threading


class Refused(Exception):
    pass


def exactly(sock, n):
    data = b""
    while len(data) < n:
        more = sock.recv(n - len(data))
        if not more:
            raise Refused
        data += more
    return data


def socks(sock, login):
    offered = exactly(sock, exactly(sock, 1)[0])
    if login is None:
        sock.sendall(b"\5\0")
    elif 2 not in offered:
        sock.sendall(b"\5\xff")
        raise Refused
    else:
        sock.sendall(b"\5\2")
        exactly(sock, 1)
        user = exactly(sock, exactly(sock, 1)[0])
        password = exactly(sock, exactly(sock, 1)[0])
        good = user + b":" + password == login.encode()
        sock.sendall(b"\1" + (b"\0" if good else b"\1"))
        if not good:
            raise Refused
    kind = exactly(sock, 4)[3]
    if kind == 3:
        host = exactly(sock, exactly(sock, 1)[0]).decode()
    else:
        host = socket.inet_ntop(
            socket.AF_INET if kind == 1 else socket.AF_INET6,
            exactly(sock, 4 if kind == 1 else 16))
    port, = struct.unpack("!H", exactly(sock, 2))
    print("socks", host, port, flush=True)
    return b"\5\0\0\1\0\0\0\0\0\0"


def http(sock, first, login):
    head = first
    while not head.endswith(b"\r\n\r\n"):
        head += exactly(sock, 1)
    lines = head.decode().split("\r\n")
    if login is not None:
        want = "Basic " + base64.b64encode(login.encode()).decode()
        if "Proxy-Authorization: " + want not in lines:
            sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                         b"Content-Length: 0\r\n\r\n")
            raise Refused
    print("http", lines[0], flush=True)
    return b"HTTP/1.1 200 OK\r\n\r\n"


def carry(source, target):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(sock, port, login):
    try:
        first = exactly(sock, 1)
        answer = socks(sock, login) if first == b"\5" else \
            http(sock, first, login)
        server = socket.create_connection(("127.0.0.1", port))
        sock.sendall(answer)
    except (Refused, OSError):
        sock.close()
        return
    threading.Thread(target=carry, args=(server, sock), daemon=True).start()
    carry(sock, server)


def main():
    login = sys.argv[2] if len(sys.argv) > 2 else None
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, daemon=True,
                         args=(sock, int(sys.argv[1]), login)).start()


main()
