#!/usr/bin/python3
"""What strangers may put into messages: well-formed payloads of all kinds.

  strangers.py passed SEED COUNT      how many are over a listener's limits
  strangers.py send SEED COUNT FROM TO PORT PASSWORD
                                      send them, by TLS and PLAIN: as a client
                                      that is not ours
  strangers.py check SEED COUNT FILE  FILE has them all as a listener printed
                                      them: each a line of its own, namespace-
                                      well-formed, with the payload unchanged

SEED is a number, with "-lf" behind it if names of namespaces may have line
feeds in them, which ejabberd does not take.  The payload of a number and a seed
is always the same.  No server has to hand
on more than it takes: each message stays below 250,000 bytes.
"""
import base64
import random
import socket
import ssl
import sys
from xml.parsers import expat

SEP = "\x0c"        # no character of XML: no namespace name can hold it
MOST = 250000       # bytes; Prosody and ejabberd take 262,144 of a client

# Characters at the edges of what XML 1.0 has (2.2), and names (2.3) of the
# fourth edition, which expat and so both servers read.
STARTS = "aZ_\u00c0\u00d8\u00f6\u00ff\u0131\u0391\u0531\u05d0\u0905\u1e00" \
    "\u212a\u3007\u3041\u4e00\u9fa5\uac00\ud7a3"
INNER = STARTS + "-.09\u00b7\u0300\u0345\u0660\u20d0\u3005"
CHARS = "\t\n\r <>&'\"]\x7f\x80\x85\x9f\u00a0\u0130\u0131\u061c\u200b\u200e" \
    "\u2028\u2029\u202e\u2066\ufdd0\ufeff\ufffd\U0001f339\U0001fffe" \
    "\U0010ffff\ud7ff\ue000aZ09;:/%\\${}`"
# Servers write white space in values as it is, and readers make it spaces of
# it (3.3.3): names of namespaces that differ stay different.
SPACES = ["a b", " ", "c\nd", "\te", "f\rg", "urn:x'\"<&>", "http://[", "a%zz",
          "jabber:client x", "\u202e", "x" * 5000, "jabber:clientmessage",
          "http://etherx.jabber.org/streams x"]


random_reference = random.Random()


def escape(s):
    out = []
    for c in s:
        if c in "<>&'\"\t\n\r" or random_reference.random() < .02:
            out.append("&#%d;" % ord(c))
        else:
            out.append(c)
    return "".join(out)


def any_char(r):
    while True:
        n = r.choice([0x20, 0x80, 0x800, 0x10000, 0x110000])
        c = r.randrange(0x20, max(n, 0x21))
        if not (0xd800 <= c <= 0xdfff or c in (0xfffe, 0xffff)):
            return chr(c)


def text(r, most):
    n = int(most ** r.random())
    return "".join(r.choice(CHARS) if r.random() < .7 else any_char(r)
                   for _ in range(n))


def name(r):
    n = int(40 ** r.random())
    if r.random() < .02:
        n = r.choice([1000, 30000])
    return r.choice(STARTS) + "".join(r.choice(INNER) for _ in range(n - 1))


def attributes(r, prefixes, most):
    out = {}
    for _ in range(int(most ** r.random()) if r.random() < .5 else 0):
        n = name(r)
        if n.lower().startswith("xml"):
            continue
        if prefixes and r.random() < .3:
            n = r.choice(prefixes) + ":" + n
        out[n] = text(r, 60)
    return "".join(" %s='%s'" % (n, escape(v)) for n, v in out.items())


def element(r, depth, room):
    """An element that declares all it needs, DEPTH levels deep at most."""
    prefixes = ["p%d" % i for i in range(r.randrange(4))]
    declared = dict(zip(prefixes, r.sample(r.spaces, len(prefixes))))
    tag = name(r)
    if prefixes and r.random() < .3:
        tag = r.choice(prefixes) + ":" + tag
    space = r.choice(r.spaces) if r.random() < .7 else "urn:x"
    out = "<%s xmlns='%s'%s%s>" % (
        tag, escape(space),
        "".join(" xmlns:%s='%s'" % (p, escape(u)) for p, u in declared.items()),
        attributes(r, prefixes, 30))
    while len(out.encode()) < room and depth > 0 and r.random() < .5:
        out += element(r, depth - 1, room // 3)
    if r.random() < .6:
        out += escape(text(r, min(room, 1000)))
    return out + "</%s>" % tag


def deep(r):
    n = r.choice([100, 255, 256, 300, 1000])
    return "<x xmlns='u'>" + "<y>" * n + "</y>" * n + "</x>"


def wide(r):
    n = r.choice([100, 1000, 1020, 1100, 5000])
    return "<x xmlns='u'%s/>" % "".join(" a%d='%d'" % (i, i)
                                        for i in range(n))


def large(r):
    c = r.choice(["&quot;", "&apos;", "&#10;", "&amp;", "x", "\U0001f339",
                  "\u0085", "<a/>", "<a b='&apos;'/>"])
    n = MOST // max(len(c.encode()), 4) - 1000
    return "<x xmlns='u'>" + c * r.randrange(n // 8, n) + "</x>"


def payload(seed, i):
    r = random.Random("%s %d" % (seed, i))
    r.spaces = [s for s in SPACES if "\n" not in s or seed.endswith("-lf")]
    random_reference.seed("%s %d" % (seed, i))
    kind = r.random()
    while True:
        if kind < .04:
            s = large(r)
        elif kind < .08:
            s = deep(r)
        elif kind < .12:
            s = wide(r)
        else:
            s = element(r, 6, 6000)
        if len(s.encode()) < MOST:
            return s


def too_much(s):
    """Is it over one of the limits of the listener?"""
    return s.count("<y>") > 1022 or "a1024='1024'" in s


def message(seed, i, to):
    return ("<message to='%s' type='chat' id='n%d'><body>%d</body>%s"
            "</message>" % (to, i, i, payload(seed, i))).encode()


class Client:
    """Just enough of RFC 6120 to say what it likes."""

    def __init__(self, jid, port, password):
        self.local, self.domain = jid.split("@")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.sock = context.wrap_socket(plain, server_hostname=self.domain)
        self.heard = b""
        self.open()
        secret = ("\0%s\0%s" % (self.local, password)).encode()
        self.send(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                  b"mechanism='PLAIN'>" + base64.b64encode(secret) +
                  b"</auth>")
        self.wait(b"<success")
        self.open()
        self.send(b"<iq type='set' id='bind'><bind "
                  b"xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        self.wait(b"<jid>")

    def open(self):
        self.send(("<stream:stream to='%s' version='1.0' "
                   "xmlns='jabber:client' xmlns:stream="
                   "'http://etherx.jabber.org/streams'>" %
                   self.domain).encode())
        self.wait(b"</stream:features>")

    def send(self, data):
        self.sock.sendall(data)

    def wait(self, what):
        while what not in self.heard:
            data = self.sock.recv(65536)
            if not data or b"<stream:error" in self.heard:
                sys.exit("the server ended it: %r" % self.heard[-300:])
            self.heard += data
        self.heard = b""


def send(seed, count, jid, to, port, password):
    c = Client(jid, int(port), password)
    for i in range(count):
        c.send(message(seed, i, to))
        if i % 10 == 9:
            ping(c, i)
    c.send(("<message to='%s' type='chat' id='last'><body>last</body>"
            "</message>" % to).encode())
    ping(c, count)
    c.send(b"</stream:stream>")


def ping(c, i):
    """What was sent before has been taken when it is answered."""
    c.send(b"<iq type='get' id='p%d' to='%s'><ping xmlns='urn:xmpp:ping'/>"
           b"</iq>" % (i, c.domain.encode()))
    c.wait(b"p%d" % i)


def passed(seed, count):
    print(sum(too_much(payload(seed, i)) for i in range(count)))


def tree(s):
    """What is in the one element S: names, attributes, text."""
    top = []
    stack = [(None, None, top)]
    p = expat.ParserCreate("UTF-8", namespace_separator=SEP)
    p.buffer_text = True

    def start(n, a):
        e = (n, tuple(sorted(a.items())), [])
        stack[-1][2].append(e)
        stack.append(e)

    def chars(s):
        # a server writes a carriage return as it is: 2.11 makes it a line end
        s = s.replace("\r\n", "\n").replace("\r", "\n")
        into = stack[-1][2]
        if into and isinstance(into[-1], str):
            into[-1] += s
        else:
            into.append(s)
    p.StartElementHandler = start
    p.EndElementHandler = lambda n: stack.pop()
    p.CharacterDataHandler = chars
    p.Parse(s.encode() if isinstance(s, str) else s, True)
    return top[0]


def same(a, b):
    """Equal but for what servers do to white space in values."""
    todo = [(a, b)]
    while todo:
        a, b = todo.pop()
        if isinstance(a, str) or isinstance(b, str):
            if a != b:
                return False
            continue
        if plain(a[0]) != plain(b[0]) or len(a[2]) != len(b[2]) or \
                plain_attributes(a) != plain_attributes(b):
            return False
        todo += zip(a[2], b[2])
    return True


def plain(s):
    return " ".join(s.split())


def plain_attributes(e):
    return sorted((plain(n), plain(v)) for n, v in e[1])


def check(seed, count, file):
    got, bad = {}, 0
    for line in open(file, "rb").read().split(b"\n")[:-1]:
        try:
            e = tree(line)
        except expat.ExpatError as x:
            print("not well-formed: %s: %.200r" % (x, line))
            bad += 1
            continue
        got[dict(e[1]).get("id")] = e
    for i in range(count):
        want = payload(seed, i)
        e = got.get("n%d" % i)
        if too_much(want):
            continue
        if e is None:
            bad += 1
            print("n%d is missing: %.200r" % (i, want))
            continue
        inside = [c for c in e[2] if not isinstance(c, str) and
                  not c[0].startswith("jabber:client" + SEP + "body")]
        if not any(same(tree(want), c) for c in inside):
            bad += 1
            print("n%d has changed: %.200r" % (i, want))
    if "last" not in got:
        bad += 1
        print("the last one is missing")
    print("%d lines, %d bad" % (len(got), bad))
    return bad > 0


if __name__ == "__main__":
    what, seed, count = sys.argv[1:4]
    sys.exit({"passed": passed, "send": send, "check": check}[what](
        seed, int(count), *sys.argv[4:]))
