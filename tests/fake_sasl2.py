"""The server side of SASL2 (XEP-0388), Bind 2 (XEP-0386), FAST (XEP-0484)."""
import base64
import hashlib
import hmac
import ssl

from fake import FEATURES, SM, Element, Peer, mechanisms

SASL2 = "urn:xmpp:sasl:2"
BIND2 = "urn:xmpp:bind:0"
FAST = "urn:xmpp:fast:0"
UPGRADE = "urn:xmpp:sasl:upgrade:0"
SCRAM_UPGRADE = "urn:xmpp:scram-upgrade:0"
BOUND = "<bound xmlns='%s'><enabled xmlns='%s'/></bound>" % (BIND2, SM)
HT = "HT-SHA-256-ENDP"


def offer2(*names):
    return (
        "<authentication xmlns='%s'>%s<inline><bind xmlns='%s'><inline>"
        "<feature var='%s'/></inline></bind><fast xmlns='%s'><mechanism>%s"
        "</mechanism></fast></inline></authentication>" % (
            SASL2, "".join("<mechanism>%s</mechanism>" % n for n in names),
            BIND2, SM, FAST, HT))


class Peer2(Peer):
    ns = SASL2
    bound = BOUND
    identity = "romeo@{d}/r1"
    token = None            # what is given to those who ask for one
    expiry = "2099-01-01T00:00:00Z"

    def offer(self, *names):
        return mechanisms(*names) + offer2(*names)

    def asked(self):
        element = self.request = self.expect("authenticate")
        name = element.get("mechanism")
        self.record("note", "mechanism %s" % name)
        return name, self.said(self.part("initial-response"))

    def part(self, name):
        for child in self.request.children:
            if child.name == name:
                return child
        return Element(name, {})

    def succeed(self, data=None):
        more = self.bound
        if data is not None:
            more = "<additional-data>%s</additional-data>%s" % (
                base64.b64encode(data).decode(), more)
        if self.identity is not None:
            more += ("<authorization-identifier>%s</authorization-identifier>"
                     % self.identity.format(d=self.stage.domain))
        if self.token is not None:
            more += "<token xmlns='%s' token='%s' expiry='%s'/>" % (
                FAST, self.token, self.expiry)
        self.send("<success xmlns='%s'>%s</success>%s%s" % (
            SASL2, more, self.behind, FEATURES.format("")))

    def restart(self):
        """The stream goes on."""

    def bind(self, features=None, jid=None):
        """It was part of the success."""

    def channel(self):
        """tls-server-end-point (RFC 5929 section 4)"""
        with open(self.stage.cert + ".pem", encoding="ascii") as file:
            der = ssl.PEM_cert_to_DER_cert(file.read())
        return hashlib.sha256(der).digest()

    def prove(self, who):
        """One side's proof that it knows the token, bound to our key."""
        return hmac.digest(self.token.encode(), who + self.channel(),
                           "sha256")

    def upgrade(self, proof, task="UPGR-SCRAM-SHA-256", count="4096",
                salt="QV9TWENSWFE2c2VrOGJmX1o="):
        """XEP-0480, as far as the hash, which is looked at."""
        data = "" if proof is None else (
            "<additional-data>%s</additional-data>"
            % base64.b64encode(proof).decode())
        self.send("<continue xmlns='%s'>%s<tasks><task>%s</task></tasks>"
                  "</continue>" % (SASL2, data, task))
        if self.expect("next").get("task") != task:
            self.record("note", "another task")
        self.hook("salt")
        self.send("<task-data xmlns='%s'><salt xmlns='%s' iterations='%s'>%s"
                  "</salt></task-data>" % (SASL2, SCRAM_UPGRADE, count, salt))
        given, = self.expect("task-data").children
        good = hashlib.pbkdf2_hmac(
            "sha256", self.stage.password.encode(), base64.b64decode(salt),
            int(count))
        self.record("note", "hash good"
                    if given.ns == SCRAM_UPGRADE and given.name == "hash"
                    and base64.b64decode(given.text) == good else "hash bad")

    def auth(self, *names, **twist):
        """By the token if that is shown, which twist["proof"] can belie."""
        proof = twist.pop("proof", lambda good: good)
        name, first = self.begin(*(names or ("SCRAM-SHA-256", "PLAIN")))
        if name == HT:
            good = first.endswith(b"\0" + self.prove(b"Initiator"))
            self.record("note", "token %s" % ("good" if good else "bad"))
            self.hook("success")
            self.succeed(proof(self.prove(b"Responder")))
        elif name.startswith("SCRAM-"):
            self.scram(name, first.decode(), **twist)
        else:
            self.hook("success")
            self.succeed()
