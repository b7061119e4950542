#!/usr/bin/python3
"""Clients that do not log in, at a port of 127.0.0.1.

  silent.py talk PORT PID COUNT   each says 800 kB that never end; the process
                                  must not take 100 MiB for them
  silent.py hold PORT COUNT COMMAND...
                                  they are silent while the command runs
  silent.py stay PORT SECONDS     one is silent, and is hung up on in time
"""
import re
import socket
import subprocess
import sys
import time

HEADER = b"<stream:stream xmlns='jabber:client' to='localhost' " \
    b"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"


def connect(port):
    return socket.create_connection(("127.0.0.1", int(port)), timeout=20)


def talk(port, pid, count):
    socks = []
    for _ in range(int(count)):
        s = connect(port)
        try:
            s.sendall(HEADER + b"<message>" + b"<a/>" * 200000)
        except OSError:
            pass    # it has heard enough
        socks.append(s)
    # what each has said was read when one more is answered
    s = connect(port)
    s.sendall(HEADER)
    while b"features>" not in s.recv(65536):
        pass
    status = open("/proc/%s/status" % pid).read()
    kib = int(re.search(r"VmRSS:\s+(\d+)", status).group(1))
    print(kib // 1024, "MiB")
    return kib > 100 * 1024


def hold(port, count, *command):
    socks = [connect(port) for _ in range(int(count))]
    code = subprocess.call(command)
    for s in socks:
        s.close()
    return code


def stay(port, seconds):
    s = connect(port)
    s.settimeout(float(seconds))
    begun = time.monotonic()
    try:
        s.recv(1)
    except socket.timeout:
        return 1
    except OSError:
        pass
    print("%.1f s" % (time.monotonic() - begun))
    return 0


sys.exit({"talk": talk, "hold": hold, "stay": stay}[sys.argv[1]](*sys.argv[2:]))
