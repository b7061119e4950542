"""The server's side of a session, one step at a time, for servers that lie.

A play is a function of a Peer: it calls the steps below, honest ones unless it
says otherwise, and puts its fault where it likes.  serve() runs it for each
connection.  All that happens is written to DIR/record, one line each:

    clear TEXT      the client sent this before TLS
    tls TEXT        the client sent this inside TLS
    sasl TEXT       what a <auth/> or <response/> says, decoded
    note TEXT       what else is worth knowing
"""
import base64
import hashlib
import hmac
import os
import re
import socket
import ssl
import struct
import threading
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams' id='s1' "
          "from='{domain}' version='1.0'>")
FEATURES = "<stream:features>{}</stream:features>"
STARTTLS = ("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
            "</starttls>")
PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
SM = "urn:xmpp:sm:3"
HANDSHAKE = b"\x16"     # what TLS begins with, and XML cannot
BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
BIND_SM = BIND + "<sm xmlns='" + SM + "'/>"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
STREAMS = "urn:ietf:params:xml:ns:xmpp-streams"
PATIENCE = 60       # seconds that a read or write may take


class Gone(Exception):
    """The client has closed the connection."""


class Element:
    def __init__(self, name, attrs):
        self.ns, _, self.name = name.rpartition(" ")
        self.attrs, self.text, self.children = attrs, "", []

    def get(self, name):
        return self.attrs.get(name, "")


def mechanisms(*names):
    return "<mechanisms xmlns='%s'>%s</mechanisms>" % (
        SASL, "".join("<mechanism>%s</mechanism>" % n for n in names))


class Reader:
    """Stanzas of one stream; a first Element for its header, None at its end."""

    def __init__(self):
        self.found, self.open = [], []
        self.parser = expat.ParserCreate(None, " ")
        if hasattr(self.parser, "SetReparseDeferralEnabled"):
            self.parser.SetReparseDeferralEnabled(False)
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.chars

    def start(self, name, attrs):
        element = Element(name, attrs)
        if not self.open:
            self.found.append(element)
        elif len(self.open) > 1:
            self.open[-1].children.append(element)
        self.open.append(element)

    def end(self, name):
        element = self.open.pop()
        if len(self.open) == 1:
            self.found.append(element)
        elif not self.open:
            self.found.append(None)

    def chars(self, text):
        if self.open:
            self.open[-1].text += text


class Peer:
    ns = SASL
    behind = ""             # sent in one with the success

    def __init__(self, sock, stage):
        self.sock, self.stage = sock, stage
        self.secure, self.reader = False, Reader()
        self.handled = 0            # stanzas since <enable/>
        self.hook = lambda step: None
        self.slow = False           # one byte a write
        self.acks = True            # answer <r/> and pings
        sock.settimeout(PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def record(self, what, text):
        self.stage.record(what, text)

    # --- bytes -----------------------------------------------------------

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        if self.slow:
            for i in range(len(data)):
                self.sock.sendall(data[i:i + 1])
        else:
            self.sock.sendall(data)

    def read(self):
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        self.record("tls" if self.secure else "clear",
                    data.decode("utf-8", "backslashreplace"))
        return data

    def next(self):
        while not self.reader.found:
            self.reader.parser.Parse(self.read())
        return self.reader.found.pop(0)

    def expect(self, *names):
        element = self.next()
        name = element.name if element else "end"
        if name not in names:
            self.record("note", "expected %s, not %s" % (names, name))
            raise Gone
        return element

    def drain(self):
        """Whatever the client still says, until it goes."""
        while True:
            self.read()

    def stall(self):
        self.record("note", "stalls")
        self.drain()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()
        raise Gone

    def close(self):
        """An end without close_notify."""
        self.sock.shutdown(socket.SHUT_WR)
        raise Gone

    # --- steps -----------------------------------------------------------

    def domain(self):
        """A stage without a domain is everybody's."""
        return self.stage.domain or self.opening.get("to")

    def header(self, features, behind=""):
        self.opening = self.expect("stream")
        self.hook("header")
        self.send(HEADER.format(domain=self.domain()))
        self.hook("features")
        self.send(FEATURES.format(features) + behind)

    def tls(self):
        def named(sock, name, context):
            self.record("note", "sni %s" % name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # what this side thinks of its key is not what is tested
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(self.stage.cert + ".pem",
                                self.stage.cert + ".key")
        context.set_alpn_protocols(["xmpp-client"])
        context.sni_callback = named
        self.stage.tune(context)
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True,
                                            suppress_ragged_eofs=False)
        except ssl.SSLError as error:
            self.record("note", "handshake: %s" % error)
            raise Gone from error
        self.record("note", "alpn %s" % self.sock.selected_alpn_protocol())
        self.secure, self.reader = True, Reader()

    def is_direct(self):
        return self.sock.recv(1, socket.MSG_PEEK) == HANDSHAKE

    def starttls(self):
        """Or TLS at once, if that is how the client begins."""
        if self.is_direct():
            self.tls()
            return
        self.header(STARTTLS)
        self.expect("starttls")
        self.hook("proceed")
        self.send(PROCEED)
        self.hook("handshake")
        self.tls()

    def answer(self, name, data):
        body = "=" if data == b"" else base64.b64encode(data or b"").decode()
        self.send("<%s xmlns='%s'>%s</%s>%s" % (
            name, self.ns, body, name,
            self.behind if name == "success" else ""))

    def succeed(self, data=None):
        self.answer("success", data)

    def fail(self, condition, more=""):
        self.send("<failure xmlns='%s'><%s xmlns='%s'/>%s</failure>" % (
            self.ns, condition, SASL, more))

    def restart(self):
        """Behind a success: a new stream."""
        self.reader = Reader()

    def said(self, element):
        text = element.text.strip()
        data = b"" if text == "=" else base64.b64decode(text)
        self.record("sasl", data.decode("utf-8", "backslashreplace"))
        return data

    def offer(self, *names):
        return mechanisms(*names)

    def asked(self):
        """The client's first message: its mechanism, and what it says."""
        element = self.expect("auth")
        self.record("note", "mechanism %s" % element.get("mechanism"))
        return element.get("mechanism"), self.said(element)

    def begin(self, *names):
        self.header(self.offer(*names))
        return self.asked()

    def auth(self, *names, **twist):
        name, first = self.begin(*(names or ("SCRAM-SHA-256", "PLAIN")))
        if name.startswith("SCRAM-"):
            self.scram(name, first.decode(), **twist)
        else:
            self.hook("success")
            self.succeed()
        self.restart()

    def scram(self, name, client_first, first=None, final=None):
        """first and final make the server's messages out of the true ones."""
        kind = name[len("SCRAM-"):].replace("-PLUS", "")
        kind = kind.replace("-", "").lower()
        bare = re.match("[^,]*,[^,]*,(.*)", client_first).group(1)
        nonce = re.search("r=([^,]*)", bare).group(1)
        salt = os.urandom(16)
        parts = {"client": nonce, "r": nonce + "0123456789abcdef",
                 "s": base64.b64encode(salt).decode(), "i": "4096"}
        if first is None:
            first = "r={r},s={s},i={i}"
        server_first = first.format(**parts)
        self.hook("challenge")
        self.answer("challenge", server_first.encode())
        proof = self.said(self.expect("response")).decode()
        key = hashlib.pbkdf2_hmac(kind, self.stage.password.encode(), salt,
                                  4096)
        server_key = hmac.digest(key, b"Server Key", kind)
        message = ",".join((bare, server_first, proof.rpartition(",p=")[0]))
        signature = hmac.digest(server_key, message.encode(), kind)
        good = "v=" + base64.b64encode(signature).decode()
        self.hook("success")
        last = final(good) if final else good
        self.succeed(None if last is None else last.encode())

    def bind(self, features=BIND_SM, jid=None):
        self.header(features)
        iq = self.expect("iq")
        self.jid = jid or "romeo@%s/r1" % self.domain()
        self.hook("bind")
        self.send("<iq type='result' id=%s><bind xmlns='urn:ietf:params:xml:"
                  "ns:xmpp-bind'><jid>%s</jid></bind></iq>"
                  % (quoteattr(iq.get("id")), self.jid))

    def login(self, **options):
        self.starttls()
        self.auth()
        self.bind(**options)

    # --- a session -------------------------------------------------------

    def handle(self, element):
        """What an honest server does; false for what it leaves open."""
        if element is None:
            self.hook("end")
            self.send("</stream:stream>")
            if self.secure:
                self.sock.unwrap()
            raise Gone
        if element.name == "enable":
            self.handled = 0
            self.hook("enabled")
            self.send("<enabled xmlns='%s'/>" % SM)
        elif element.name == "r":
            self.hook("ack")
            if self.acks:
                self.send("<a xmlns='%s' h='%d'/>" % (SM, self.handled))
        elif element.name in ("message", "presence", "iq"):
            self.handled += 1
            self.hook(element.name)
            if element.name == "iq" and element.get("type") in ("get", "set"):
                self.hook("result")
                if not self.acks:
                    return True
                self.send("<iq type='result' id=%s/>"
                          % quoteattr(element.get("id")))
        return True

    def serve(self, until=None):
        """Serve honestly; until(element) says when it is enough."""
        while True:
            element = self.next()
            if element is not None and until and until(element):
                return element
            self.handle(element)

    def ready(self):
        """Serve until the client is available or has sent something."""
        self.serve(until=lambda e: e.name in ("presence", "message"))
        self.handled += 1


class Stage:
    """Where a play is given: the listening socket, the record."""

    def __init__(self, directory, domain, password, cert):
        self.directory, self.domain = directory, domain
        self.password, self.cert = password, cert
        self.lock = threading.Lock()
        self.tune = lambda context: None
        self.peer = Peer
        self.visits = 0
        os.makedirs(directory, exist_ok=True)
        self.log = open(directory + "/record", "a", encoding="utf-8")

    def record(self, what, text):
        with self.lock:
            self.log.write("%s %s\n" % (what, text.replace("\n", "\\n")))
            self.log.flush()

    def port(self):
        with open(self.directory + "/port", encoding="ascii") as file:
            return int(file.read())

    def one(self, play, sock):
        peer = self.peer(sock, self)
        try:
            play(peer)
        except (Gone, OSError, expat.ExpatError) as error:
            self.record("note", "over: %s %s" % (type(error).__name__, error))
        finally:
            peer.sock.close()

    def serve(self, play):
        host, _, port = os.environ.get("LISTEN", "127.0.0.1 0").partition(" ")
        listener = socket.create_server(
            (host, int(port)), family=socket.AF_INET6 if ":" in host
            else socket.AF_INET)
        with open(self.directory + "/port.new", "w") as file:
            file.write("%d\n" % listener.getsockname()[1])
        os.rename(self.directory + "/port.new", self.directory + "/port")
        while True:
            sock, _ = listener.accept()
            self.visits += 1
            self.record("note", "connected")
            threading.Thread(target=self.one, args=(play, sock),
                             daemon=True).start()
