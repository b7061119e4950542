"""A server with SASL2, Bind 2 and tokens, that takes what is sent ahead or not.

    ahead.py DIR DOMAIN PASSWORD CERT NAME...

A server for each NAME, in DIR/NAME, as fake.py has them.  How it behaves is in
DIR/NAME/mode, a word for each connection, the last one for all that follow:

    honest      as it should
    no-sm       without stream management, though it is offered
    no-token    knows no token any more
    other       offers something else than before, and takes nothing early
    lie         lets everybody in, and does not prove itself
    garble      the same, with a proof that is wrong
    error       ends the stream where something is behind the last response
    close       closes it there, in order
    cut         hangs up there, without a word
    half        ends it there in order, but amid its answer
    fail        refuses there, as what it did not understand
    late        lets the client in and ends the stream then
    refuse      the password is another one
    hold        lets the client in when there is a file DIR/NAME/go
    crash       takes it, and is gone before it has said so
    elsewhere   sends the client there to the host in DIR/NAME/where

What it has taken from a client that it let in is on record as "note took".
"""
import base64
import hashlib
import hmac
import os
import re
import sys
import threading
import time

from fake import SM, STREAMS, Peer, Stage, mechanisms

SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
SASL2 = "urn:xmpp:sasl:2"
BIND2 = "urn:xmpp:bind:0"
FAST = "urn:xmpp:fast:0"
FEATURES = (mechanisms("SCRAM-SHA-256") +
            "<authentication xmlns='" + SASL2 + "'>"
            "<mechanism>SCRAM-SHA-256</mechanism><inline>"
            "<bind xmlns='" + BIND2 + "'><inline><feature var='" + SM + "'/>"
            "</inline></bind><fast xmlns='" + FAST + "'>"
            "<mechanism>HT-SHA-256-NONE</mechanism></fast></inline>"
            "</authentication>")
OTHER = FEATURES.replace("<mechanism>HT-", "<mechanism>X</mechanism>"
                         "<mechanism>HT-")
TOKEN = "a-token-of-this-server"
ERROR = ("<stream:error><not-authorized xmlns='" + STREAMS +
         "'/></stream:error></stream:stream>")
PATIENCE = 0.5      # seconds for what was sent in the same breath


def child(element, name):
    return next((c for c in element.children if c.name == name), None)


def decode(element):
    return base64.b64decode(element.text.strip())


class Modern(Peer):
    def mode(self):
        path = os.path.join(self.stage.directory, "mode")
        with open(path, encoding="ascii") as file:
            words = file.read().split()
        with open(path, "w", encoding="ascii") as file:
            file.write(" ".join(words[1:] or words))
        return words[0]

    def say(self, name, data):
        self.send("<%s xmlns='%s'>%s</%s>" % (
            name, SASL2, base64.b64encode(data).decode(), name))

    def fail(self, condition):
        self.send("<failure xmlns='%s'><%s xmlns='%s'/></failure>"
                  % (SASL2, condition, SASL))

    def scram(self, first, mode):
        bare = re.match("[^,]*,[^,]*,(.*)", first).group(1)
        nonce = re.search("r=([^,]*)", bare).group(1)
        salt = os.urandom(16)
        challenge = "r=%s0123456789abcdef,s=%s,i=4096" % (
            nonce, base64.b64encode(salt).decode())
        self.say("challenge", challenge.encode())
        final = decode(self.expect("response")).decode()
        key = hashlib.pbkdf2_hmac("sha256", self.stage.password.encode(),
                                  salt, 4096)
        message = ",".join((bare, challenge, final.rpartition(",p=")[0]))
        signature = hmac.digest(hmac.digest(key, b"Server Key", "sha256"),
                                message.encode(), "sha256")
        return b"v=" + base64.b64encode(signature)

    def early(self, mode):
        """Is something there behind the last response?  What comes of it."""
        self.sock.settimeout(PATIENCE)
        try:
            while not self.reader.found:
                self.reader.parser.Parse(self.read())
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(60)
        self.record("note", "early")
        if mode == "hold":
            while not os.path.exists(os.path.join(self.stage.directory, "go")):
                time.sleep(0.02)
            return False
        if mode in ("error", "other"):
            self.send(ERROR)
        elif mode == "elsewhere":
            with open(os.path.join(self.stage.directory, "where"),
                      encoding="ascii") as file:
                self.send("<stream:error><see-other-host xmlns='%s'>%s"
                          "</see-other-host></stream:error></stream:stream>"
                          % (STREAMS, file.read().strip()))
        elif mode == "close":
            self.send("</stream:stream>")
        elif mode == "fail":
            self.fail("malformed-request")
        elif mode == "half":
            self.send("<success xmlns='%s'><additional-" % SASL2)
        elif mode == "crash":
            self.record("note", "took %s" % self.next().name)
        if mode in ("cut", "crash"):
            self.close()
        if mode != "late":
            self.sock.unwrap()
        return True

    def authenticate(self, element, mode):
        """The proof that the client is to get; None: it was refused."""
        data = decode(child(element, "initial-response"))
        if element.get("mechanism") == "SCRAM-SHA-256":
            proof = self.scram(data.decode(), mode)
            if mode != "refuse":
                return proof
            self.fail("not-authorized")
            return None
        if mode == "no-token":
            self.fail("not-authorized")
            return None
        good = hmac.digest(TOKEN.encode(), b"Initiator", "sha256")
        if data.partition(b"\0")[2] != good:
            self.record("note", "wrong token")
        return hmac.digest(TOKEN.encode(), b"Responder", "sha256")

    def success(self, element, proof, mode):
        proof = {"lie": b"", "garble": proof[:-4] + b"AAAA"}.get(mode, proof)
        enabled = ("" if mode == "no-sm" else
                   "<enabled xmlns='%s'/>" % SM)
        token = ("" if child(element, "request-token") is None else
                 "<token xmlns='%s' expiry='2099-01-01T00:00:00Z' "
                 "token='%s'/>" % (FAST, TOKEN))
        self.send("<success xmlns='%s'>%s<authorization-identifier>romeo@%s/r1"
                  "</authorization-identifier><bound xmlns='%s'>%s</bound>%s"
                  "</success><stream:features/>" % (
                      SASL2, "<additional-data>%s</additional-data>" %
                      base64.b64encode(proof).decode() if proof else "",
                      self.stage.domain, BIND2, enabled, token))

    def handle(self, element):
        if element is not None and element.name == "message":
            self.record("note", "took message")
        return super().handle(element)

    def play(self):
        mode = self.mode()
        self.tls()
        self.header(OTHER if mode == "other" else FEATURES)
        proof = None
        while proof is None:
            element = self.expect("authenticate")
            proof = self.authenticate(element, mode)
        early = (mode not in ("honest", "no-sm", "no-token", "lie", "garble")
                 and self.early(mode))
        self.success(element, proof, mode)
        if early:
            self.send(ERROR)
            self.drain()
        self.serve()


class Server(Stage):
    def one(self, play, sock):
        peer = Modern(sock, self)
        try:
            peer.play()
        except Exception as error:  # the client goes when it likes
            self.record("note", "over: %s %s" % (type(error).__name__, error))
        finally:
            peer.sock.close()


def main():
    directory, domain, password, cert = sys.argv[1:5]
    for name in sys.argv[5:]:
        server = Server(os.path.join(directory, name), domain, password, cert)
        threading.Thread(target=server.serve, args=(None,)).start()


if __name__ == "__main__":
    main()
