#!/usr/bin/python3
"""Clients made by hand, for what the programs would never do to a server.

    peer.py PLAY [ARGUMENT...]

with XMPP_CONFIG as xmpp-serve sets it.  Exits 0 if the play went as it should,
else with a traceback."""

import base64
import configparser
import hashlib
import hmac
import os
import re
import resource
import select
import selectors
import socket
import ssl
import sys
import time

HEADER = ("<?xml version='1.0'?><stream:stream to='%s' version='1.0' "
          "xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams'>")
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
SASL2 = "urn:xmpp:sasl:2"
FAST = "urn:xmpp:fast:0"
AGENT = "d4565fa7-4d72-4749-b3d3-740edbf87770"
HT = "HT-SHA-256-ENDP"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
LIMIT = 30


def account(name):
    c = configparser.ConfigParser(strict=False, interpolation=None)
    with open(os.environ["XMPP_CONFIG"]) as f:
        c.read_string("[-]\n" + f.read())
    return c[name]


class Peer:
    def __init__(self, name, tls="starttls"):
        self.account = account(name)
        self.name, self.domain = self.account["jid"].split("@")
        self.got = b""
        self.sock = socket.create_connection(
            (self.account["host"], int(self.account["port"])), LIMIT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls == "direct":
            self.secure()
        elif tls == "starttls":
            self.open()
            self.say("<starttls xmlns='%s'/>" % TLS)
            self.hear("<proceed ")
            self.secure()

    def secure(self):
        c = ssl.create_default_context(cafile=self.account["ca_file"])
        c.set_alpn_protocols(["xmpp-client"])
        self.sock = c.wrap_socket(self.sock, server_hostname=self.domain)

    def say(self, text):
        self.sock.sendall(text.encode())

    def open(self):
        self.say(HEADER % self.domain)
        return self.hear("</stream:features>")

    def hear(self, pattern):
        """What came up to the end of the pattern, which it waits for."""
        end = time.monotonic() + LIMIT
        while True:
            m = re.search(pattern.encode(), self.got, re.S)
            if m:
                text, self.got = self.got[:m.end()], self.got[m.end():]
                return text.decode()
            assert time.monotonic() < end, (pattern, self.got[-1000:])
            data = self.sock.recv(65536)
            assert data, "closed, and no %s: %r" % (pattern, self.got)
            self.got += data

    def ended(self):
        """The rest, until the server hangs up."""
        try:
            while True:
                data = self.sock.recv(65536)
                if not data:
                    break
                self.got += data
        except ssl.SSLError:
            pass
        return self.got.decode()

    def auth(self, password=None):
        plain = "\0%s\0%s" % (self.name, password or self.account["password"])
        self.say("<auth xmlns='%s' mechanism='PLAIN'>%s</auth>" %
                 (SASL, base64.b64encode(plain.encode()).decode()))
        return self.hear("<(success|failure)[^>]*/>|</(success|failure)>")

    def login(self, resource=None):
        self.open()
        assert "<success" in self.auth()
        self.open()
        self.say("<iq type='set' id='b'><bind xmlns='%s'>%s</bind></iq>" %
                 (BIND, "<resource>%s</resource>" % resource
                  if resource else ""))
        text = self.hear("</iq>")
        assert "type='result'" in text, text
        return self


def login(tls):
    """Over STARTTLS or direct TLS; a stanza to oneself; a good end."""
    p = Peer("romeo", tls).login("x")
    p.say("<message to='romeo@localhost/x'><body>me</body></message>")
    p.hear("from='romeo@localhost/x'><body>me</body></message>")
    p.say("</stream:stream>")
    assert p.ended().endswith("</stream:stream>")


def wrong():
    """Three wrong passwords end the stream, two do not."""
    p = Peer("romeo")
    p.open()
    for _ in range(2):
        assert "<not-authorized/>" in p.auth("wrong")
    assert "<success" in p.auth()
    p = Peer("romeo")
    p.open()
    for _ in range(3):
        p.auth("wrong")
    assert "<policy-violation" in p.ended()


def clear():
    """Nothing but STARTTLS without TLS, and no HTTP."""
    p = Peer("romeo", "none")
    features = p.open()
    assert "<required/>" in features and "mechanism" not in features
    assert "<encryption-required/>" in p.auth()
    p = Peer("romeo", "none")
    p.say("GET / HTTP/1.1\r\n\r\n")
    assert "<not-well-formed" in p.ended()
    p = Peer("romeo", "none")
    p.open()
    p.say("<starttls xmlns='%s'/><auth" % TLS)
    assert "<proceed" not in p.ended()


def conflict():
    """The older of two with one resource goes."""
    a = Peer("romeo").login("same")
    Peer("romeo").login("same")
    assert "<conflict" in a.hear("</stream:stream>")


def many(count):
    """So many clients at once, all of which get what is for all of them."""
    count = int(count)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 5000), hard))
    peers = [Peer("romeo", "direct").login() for _ in range(count)]
    for p in peers:
        p.say("<presence/><iq type='get' id='p' to='localhost'>"
              "<ping xmlns='urn:xmpp:ping'/></iq>")
        p.hear("id='p'[^>]*/>")
    j = Peer("juliet").login()
    j.say("<message to='romeo@localhost' id='all'/>")
    for p in peers:
        p.hear("id='all'")


def deaf(megabytes, pid):
    """One does not read what another sends: the server's memory is bounded,
    and the others are served all the same."""
    def rss():
        with open("/proc/%s/status" % pid) as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))
    r = Peer("romeo").login("deaf")
    j = Peer("juliet").login()
    n = Peer("nurse").login()
    before = rss()
    body = "<message to='romeo@localhost/deaf'><body>%s</body></message>" % (
        "x" * 10000)
    j.sock.settimeout(1)
    sent = 0
    try:
        while sent < int(megabytes) << 20:
            j.say(body)
            sent += len(body)
    except (TimeoutError, socket.timeout):
        pass
    else:
        raise AssertionError("nobody stopped the sender")
    with open("/proc/%s/maps" % pid) as f:
        if "libasan" not in f.read():   # which frees late
            assert rss() - before < 4096, (before, rss(), sent)
    n.say("<iq type='get' id='p' to='localhost'>"
          "<ping xmlns='urn:xmpp:ping'/></iq>")
    n.hear("id='p'")
    r.hear("</message>")


def flood(count):
    """So many messages in a row, each delivered once and in order."""
    count = int(count)
    r = Peer("romeo").login("x")
    j = Peer("juliet").login()
    todo = "".join("<message to='romeo@localhost/x' id='%d'/>" % i
                   for i in range(count)).encode()
    j.sock.setblocking(False)
    r.sock.setblocking(False)
    sel = selectors.DefaultSelector()
    sel.register(j.sock, selectors.EVENT_WRITE)
    sel.register(r.sock, selectors.EVENT_READ)
    end = time.monotonic() + LIMIT
    while r.got.count(b"<message") < count:
        assert time.monotonic() < end
        for key, _ in sel.select(1):
            try:
                if key.fileobj is j.sock:
                    todo = todo[j.sock.send(todo[:16384]):]
                    if not todo:
                        sel.unregister(j.sock)
                else:
                    r.got += r.sock.recv(1 << 16)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
    ids = [int(i) for i in re.findall(rb" id='(\d+)'", r.got)]
    assert ids == list(range(count))


def authenticate(p, mechanism, data, more, behind=""):
    """SASL2 with Bind 2, in one flight with the header and what is BEHIND."""
    p.say(HEADER % p.domain + "<authenticate xmlns='%s' mechanism='%s'>"
          "<initial-response>%s</initial-response><user-agent id='%s'/>"
          "<bind xmlns='urn:xmpp:bind:0'><tag>x</tag></bind>%s"
          "</authenticate>%s" % (SASL2, mechanism, base64.b64encode(
              data).decode(), AGENT, more, behind))
    p.hear("<authentication .*?</stream:features>")
    return p.hear("<(success|failure) .*?</(success|failure)>")


def first_token():
    """By the password; its token."""
    p = Peer("romeo", "direct")
    plain = "\0%s\0%s" % (p.name, p.account["password"])
    text = authenticate(p, "PLAIN", plain.encode(), "<request-token "
                        "xmlns='%s' mechanism='%s'/>" % (FAST, HT))
    assert ">romeo@localhost/x." in text, text
    return re.search("token='([^']*)'", text).group(1)


def by_token(key, behind=""):
    """By the token; the peer, and what it has heard."""
    p = Peer("romeo", "direct")
    channel = hashlib.sha256(p.sock.getpeercert(True)).digest()
    proof, answer = (hmac.digest(key.encode(), who + channel, "sha256")
                     for who in (b"Initiator", b"Responder"))
    text = authenticate(p, HT, p.name.encode() + b"\0" + proof,
                        "<fast xmlns='%s'/>" % FAST, behind)
    assert ("<success " not in text or
            base64.b64encode(answer).decode() in text), text
    return p, text


def token():
    """A flight by password, a flight by its token: with a message in it."""
    p, text = by_token(first_token(), "<message to='romeo@localhost'/>"
                       "<iq type='get' id='p' to='localhost'>"
                       "<ping xmlns='urn:xmpp:ping'/></iq>")
    assert "<bound " in text, text
    p.hear("id='p'[^>]*/>")
    p, text = by_token("wrong", "<presence/>")
    assert "<not-authorized " in text, text


def expiry():
    """A token of a second is replaced in its half, and then good no more."""
    key = first_token()
    end = time.monotonic() + LIMIT
    while True:
        text = by_token(key)[1]
        if "<success " not in text:
            break
        assert time.monotonic() < end
        time.sleep(0.1)
    assert "<credentials-expired " in text, text


def without(option):
    """What was left off is not offered, and the rest is."""
    p = Peer("romeo", "direct")
    features = p.open()
    assert FAST not in features, features
    assert (SASL2 in features) == (option != "--no-sasl2"), features
    assert "<success" in p.auth()


def scram_begun(p, element):
    """A password that is not shown; the challenge is not answered."""
    p.open()
    text = base64.b64encode(b"n,,n=romeo,r=0123456789abcdef0123").decode()
    p.say(element % text)
    p.hear("<challenge [^>]*>[^<]*</challenge>")


def late(seconds):
    """Who has not logged in by then is sent away, wherever he stands."""
    begun = time.monotonic()
    clients = {}

    def add(name, tls, *steps):
        p = clients[name] = Peer("romeo", tls)
        for step in steps:
            step(p)
    add("silent", "none")
    add("half a header", "none", lambda p: p.say("<stream:stream"))
    add("before TLS", "none", Peer.open)
    add("behind <proceed/>", "none", Peer.open, lambda p: p.say(
        "<starttls xmlns='%s'/>" % TLS), lambda p: p.hear("<proceed "))
    add("half a handshake", "none",
        lambda p: p.sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"))
    add("behind TLS", "direct")
    add("before SASL", "starttls", Peer.open)
    add("in SASL", "direct", lambda p: scram_begun(
        p, "<auth xmlns='" + SASL + "' mechanism='SCRAM-SHA-256'>%s</auth>"))
    add("in SASL2", "direct", lambda p: scram_begun(
        p, "<authenticate xmlns='" + SASL2 + "' mechanism='SCRAM-SHA-256'>"
        "<initial-response>%s</initial-response></authenticate>"))
    add("before bind", "direct", Peer.open, Peer.auth, Peer.open)
    drip = Peer("romeo", "direct")
    inside = Peer("romeo", "direct").login()
    drip.sock.settimeout(0.05)
    while drip.got is not None:
        drip.say(" ")
        assert time.monotonic() < begun + LIMIT, "drips on"
        try:
            drip.got = drip.sock.recv(65536) or None
        except (TimeoutError, socket.timeout):
            pass
    for name, p in clients.items():
        text = p.ended()
        took = time.monotonic() - begun
        assert 0.9 * float(seconds) < took < LIMIT / 2, (name, took)
        assert ("<connection-timeout" in text) == (name not in (
            "silent", "behind <proceed/>", "half a handshake")), (name, text)
    inside.say("<iq type='get' id='p' to='localhost'>"
               "<ping xmlns='urn:xmpp:ping'/></iq>")
    inside.hear("id='p'")


def stuck(seconds):
    """Who does not read while another waits for it is sent away, and the
    other goes on."""
    begun = time.monotonic()
    r = Peer("romeo", "direct").login("deaf")
    j = Peer("juliet", "direct").login()
    todo = ("<message to='romeo@localhost/deaf'><body>%s</body></message>"
            % ("x" * 10000)).encode() * 2000
    j.sock.setblocking(False)
    while todo:
        assert time.monotonic() < begun + LIMIT, len(todo)
        try:
            todo = todo[j.sock.send(todo[:16384]):]
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            select.select([], [j.sock], [], 1)
        try:
            j.sock.recv(1 << 16)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
    assert time.monotonic() - begun > 0.9 * float(seconds)
    assert "</stream:stream>" not in r.ended()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
