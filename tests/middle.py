#!/usr/bin/env python3
"""Somebody in the middle, whose certificate is good: it ends TLS, reads along
and goes on to the server, by STARTTLS or direct TLS as the client does.

    middle.py PORT[,DIRECT] DOMAIN CERT RECORD [tls1.2] [TRICK...]

Prints its port.  What the client says is in RECORD, sasl and tls as in fake.py.
A trick changes what the server offers:

    types    without the types of channel binding (XEP-0440)
    plus     without the mechanisms that bind
    plain    with no mechanism but PLAIN
    bound    with no SCRAM but those that bind
    bogus    with types of channel binding that nobody has
    sasl2    without SASL2
"""
import base64
import re
import select
import socket
import ssl
import sys
import threading

HANDSHAKE = b"\x16"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams' version='1.0' "
          "%s='%s'>")
OFFER = ("<stream:features><starttls xmlns='%s'><required/></starttls>"
         "</stream:features>" % TLS)
MECHANISM = r"<mechanism>%s</mechanism>"
TRICKS = {
    "types": r"<sasl-channel-binding.*?</sasl-channel-binding>",
    "plus": MECHANISM % "[^<]*-PLUS",
    "plain": MECHANISM % "(?!PLAIN<)[^<]*",
    "bound": MECHANISM % r"SCRAM-[^<]*(?<!-PLUS)",
    "bogus": r"(?<=<channel-binding type=['\"])tls-",
    "sasl2": r"<authentication .*?</authentication>",
}


class Middle:
    def __init__(self, port, domain, cert, record, *more):
        # one for STARTTLS, one for direct TLS
        self.ports = [int(n) for n in port.split(",")]
        self.domain = domain
        self.tricks = [TRICKS[name] for name in more if name in TRICKS]
        self.record_file = open(record, "a", encoding="utf-8")
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(cert + ".pem", cert + ".key")
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client.check_hostname = False
        self.client.verify_mode = ssl.CERT_NONE
        for context in (self.server, self.client):
            context.set_alpn_protocols(["xmpp-client"])
            if "tls1.2" in more:
                context.maximum_version = ssl.TLSVersion.TLSv1_2

    def record(self, what, text):
        self.record_file.write("%s %s\n" % (what, text))
        self.record_file.flush()

    def heard(self, data):
        """What the client said, and what its messages of SASL mean."""
        text = data.decode("utf-8", "backslashreplace")
        self.record("tls", text.replace("\n", " "))
        for coded in re.findall(r">([A-Za-z0-9+/]+={0,2})</(?:auth|response|"
                                r"initial-response)>", text):
            try:
                self.record("sasl", base64.b64decode(coded).decode(
                    "utf-8", "backslashreplace"))
            except ValueError:
                pass

    def changed(self, data):
        text = data.decode("utf-8", "surrogateescape")
        for pattern in self.tricks:
            text = re.sub(pattern, "", text, flags=re.S)
        return text.encode("utf-8", "surrogateescape")

    def greet(self, client):
        """Let the client ask for TLS, if it does not begin with it."""
        if client.recv(1, socket.MSG_PEEK) == HANDSHAKE:
            return True
        until(client, b"<starttls[^>]*>")
        client.sendall((HEADER % ("from", self.domain) + OFFER
                        + "<proceed xmlns='%s'/>" % TLS).encode())
        return False

    def reach(self, direct):
        server = socket.create_connection(
            ("127.0.0.1", self.ports[-1 if direct else 0]))
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not direct:
            server.sendall((HEADER % ("to", self.domain)
                            + "<starttls xmlns='%s'/>" % TLS).encode())
            until(server, b"<proceed[^>]*>")
        return self.client.wrap_socket(server, server_hostname=self.domain)

    def relay(self, client, server):
        """In one thread, for no more than one may use a connection of TLS."""
        held = b""
        while True:
            ready = [s for s in (client, server) if s.pending()] or \
                select.select([client, server], [], [])[0]
            for sock in ready:
                data = sock.recv(65536)
                if not data:
                    return
                if sock is client:
                    self.heard(data)
                    server.sendall(data)
                    continue
                held += data
                # features in one piece: they may be changed
                if held.count(b"<stream:features>") == held.count(
                        b"</stream:features>"):
                    client.sendall(self.changed(held))
                    held = b""

    def serve(self, client):
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            direct = self.greet(client)
            client = self.server.wrap_socket(client, server_side=True)
            server = self.reach(direct)
            self.relay(client, server)
            for sock in (client, server):
                sock.settimeout(1)
                sock.unwrap().close()
        except OSError as error:
            self.record("note", "over: %s" % error)


def until(sock, pattern):
    data = b""
    while not re.search(pattern, data):
        more = sock.recv(4096)
        if not more:
            raise OSError("closed")
        data += more


def main():
    middle = Middle(*sys.argv[1:])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=middle.serve, args=(sock,),
                         daemon=True).start()


main()
