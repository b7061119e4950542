#!/usr/bin/env python3
"""Listen at ADDRESS PORT and answer nobody: the queue is full.  Says so."""
import socket
import sys
import time

family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
listener = socket.socket(family, socket.SOCK_STREAM)
listener.bind((sys.argv[1], int(sys.argv[2])))
listener.listen(0)
full = []
for _ in range(8):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.connect_ex(listener.getsockname())
    full.append(sock)
time.sleep(0.2)
print("full", flush=True)
time.sleep(60)
