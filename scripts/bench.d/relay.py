#!/usr/bin/env python3
"""A link of a given round trip.

    relay.py PORT MILLISECONDS [ADDRESS]

Prints its port at ADDRESS (127.0.0.1), and carries what comes there to PORT on
loopback and back.  Each byte is late by half the round trip, and none waits for
another.  A connection is there at once where a real link takes a round trip for
it: so what the client sends in that first round trip is taken to be sent at its
end.
"""
import queue
import socket
import sys
import threading
import time


def quick(sock):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_QUICKACK"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def receive(sock, line, begin, delay):
    while True:
        try:
            data = sock.recv(65536)
            quick(sock)
        except OSError:
            data = b""
        line.put((max(time.monotonic(), begin) + delay, data))
        if not data:
            return


def deliver(sock, line):
    while True:
        when, data = line.get()
        time.sleep(max(0, when - time.monotonic()))
        try:
            if not data:
                sock.shutdown(socket.SHUT_WR)
                return
            sock.sendall(data)
        except OSError:
            return


def link(source, target, begin, delay):
    line = queue.SimpleQueue()
    for what, *args in ((receive, source, line, begin, delay),
                        (deliver, target, line)):
        threading.Thread(target=what, args=args, daemon=True).start()


def main():
    port, trip = int(sys.argv[1]), float(sys.argv[2]) / 1000
    address = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
    listener = socket.create_server((address, 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        begin = time.monotonic() + trip
        server = socket.create_connection(("127.0.0.1", port))
        quick(client)
        quick(server)
        link(client, server, begin, trip / 2)
        link(server, client, 0, trip / 2)


main()
