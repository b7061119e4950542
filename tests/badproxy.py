#!/usr/bin/env python3
"""A proxy that misbehaves: prints its port, and does PLAY to each connection.

    badproxy.py PLAY
"""
import socket
import struct
import sys
import threading
import time

RESET = struct.pack("ii", 1, 0)         # SO_LINGER: close by RST


def endless(sock, chunk):
    while True:
        sock.sendall(chunk)


def slowly(sock, data):
    for i in range(len(data)):
        sock.sendall(data[i:i + 1])
        time.sleep(0.01)


def reset(sock):
    sock.recv(1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


PLAYS = {
    "close": lambda s: None,
    "reset": reset,
    "garbage": lambda s: endless(s, b"\xff\x00garbage"),
    "ssh": lambda s: s.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    "zeros": lambda s: endless(s, b"\0" * 4096),
    "no-method": lambda s: s.sendall(b"\5\xff"),
    "cut-method": lambda s: s.sendall(b"\5"),
    "other-method": lambda s: s.sendall(b"\5\1"),
    "cut-reply": lambda s: s.sendall(b"\5\0\5\0\0\3\xffexample"),
    "version-4": lambda s: s.sendall(b"\5\0\4\0\0\1\0\0\0\0\0\0"),
    "odd-address": lambda s: s.sendall(b"\5\0\5\0\0\7"),
    "refused": lambda s: s.sendall(b"\5\0\5\5\0\1\0\0\0\0\0\0"),
    "not-allowed": lambda s: s.sendall(b"\5\0\5\2\0\1\0\0\0\0\0\0"),
    "late": lambda s: s.sendall(b"\5\0\5\6\0\1\0\0\0\0\0\0"),
    "http-502": lambda s: s.sendall(b"HTTP/1.1 502 \x1b[31mBad\r\n\r\n"),
    "http-cut": lambda s: s.sendall(b"HTTP/1.1 200 OK\r\nX: y\r\n"),
    "http-endless": lambda s: (s.sendall(b"HTTP/1.1 200 OK\r\n"),
                               endless(s, b"X: y\r\n")),
    "http-interim": lambda s: endless(s, b"HTTP/1.1 100 Go on\r\n\r\n" * 99),
    "http-no-code": lambda s: s.sendall(b"HTTP/1.1 ok\r\n\r\n"),
    "http-2": lambda s: s.sendall(b"HTTP/2 200\r\n\r\n"),
    "http-trickle": lambda s: slowly(s, b"HTTP/1.1 504 later\r\n\r\n"),
}


def serve(sock, play):
    try:
        play(sock)
        if play not in (PLAYS["close"], reset):
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(4096):
                pass
    except OSError:
        pass
    sock.close()


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, daemon=True,
                         args=(sock, PLAYS[sys.argv[1]])).start()


main()
