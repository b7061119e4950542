#!/usr/bin/python3
"""Tokens (XEP-0484) shown to xmpp-serve by those who should not have them.

    replay.py recorded TRACE        what another client has sent, once more
    replay.py rules                 a token of one's own, used against the rules

Exits 0 if the server refuses what it must, else with a traceback."""
import base64
import hashlib
import hmac
import re
import sys

from peer import AGENT, FAST, HEADER, SASL, SASL2, Peer

OTHER_AGENT = "0c1b5a56-6f5e-4b7f-9a3e-2f1d6f8f6d10"


def outcome(p, text):
    """Say it on a stream of its own; the name of what comes of it."""
    p.say(HEADER % p.domain + text)
    p.hear("</stream:features>")
    answer = p.hear("<(success|failure) .*?</(success|failure)>")
    return "success" if "<success" in answer else re.search(
        r"<failure [^>]*><([a-z-]+)", answer).group(1)


def recorded(trace):
    """Word for word, and with a count: on other TLS connections."""
    with open(trace, encoding="utf-8") as file:
        said = re.search("<authenticate .*</authenticate>",
                         file.read()).group(0)
    assert "mechanism='HT-SHA-256-EXPR'" in said, said
    for count in None, 1, 4294967295:
        text = said if count is None else re.sub(
            "<fast [^>]*>", fast(count=count), said)
        for tls in "direct", "starttls":
            is_refused(outcome(Peer("romeo", tls), text))


class Client:
    """One of romeo's, with an id: it logs in and keeps the token."""

    def __init__(self, agent=AGENT, user="romeo", mechanism="HT-SHA-256-ENDP"):
        self.agent, self.user, self.mechanism = agent, user, mechanism
        p = Peer(user, "direct")
        plain = "\0%s\0%s" % (p.name, p.account["password"])
        self.key = None
        assert self.say(p, "PLAIN", plain.encode(), self.wish()) == "success"

    def wish(self):
        return "<request-token xmlns='%s' mechanism='%s'/>" % (
            FAST, self.mechanism)

    def say(self, p, mechanism, data, more, ns=SASL2):
        p.say(HEADER % p.domain + (
            "<auth xmlns='%s' mechanism='%s'>%s</auth>" if ns == SASL else
            "<authenticate xmlns='%s' mechanism='%s'><initial-response>%s"
            "</initial-response><user-agent id='" + self.agent + "'/>" + more
            + "</authenticate>") % (
                ns, mechanism, base64.b64encode(data).decode()))
        p.hear("</stream:features>")
        answer = p.hear("<(success|failure) .*?</(success|failure)>")
        given = re.search("<token [^>]*token='([^']*)'", answer)
        if given:
            self.key = given.group(1)
        return "success" if "<success" in answer else re.search(
            r"<failure [^>]*><([a-z-]+)", answer).group(1)

    def show(self, key, fast="<fast xmlns='%s'/>" % FAST, user=None,
             mechanism=None, more="", ns=SASL2):
        """The token KEY; what the server says to it."""
        p = Peer(user or self.user, "direct")
        mechanism = mechanism or self.mechanism
        channel = b""
        if mechanism.endswith("-ENDP"):
            channel = hashlib.sha256(p.sock.getpeercert(True)).digest()
        proof = hmac.digest(key.encode(), b"Initiator" + channel, "sha256")
        return self.say(p, mechanism, p.name.encode() + b"\0" + proof,
                        fast + more, ns)


def fast(**attrs):
    return "<fast xmlns='%s'%s/>" % (FAST, "".join(
        " %s='%s'" % pair for pair in attrs.items()))


def is_refused(result, condition="not-authorized"):
    assert result == condition, result


def is_taken(result):
    assert result == "success", result


def rules():
    a = Client()
    first = a.key
    is_taken(a.show(first))
    is_refused(a.show(first + "x"))
    is_refused(a.show(""))
    # for one client, user and mechanism
    b = Client(agent=OTHER_AGENT)
    is_refused(b.show(first))
    is_refused(a.show(first, user="juliet"))
    is_refused(a.show(first, mechanism="HT-SHA-256-NONE"))
    is_refused(a.show(first, ns=SASL), "invalid-mechanism")
    is_refused(a.show(first, fast=""), "malformed-request")
    # a count that was said must grow from there on: the same words again, say
    is_taken(a.show(first, fast(count=7)))
    for count in 7, 6, 1:
        is_refused(a.show(first, fast(count=count)))
    for count in ("0", "-1", "x", "4294967296", ""):
        is_refused(a.show(first, fast(count=count)), "malformed-request")
    is_taken(a.show(first, fast(count=8)))
    # the one before is good until the next is used, and then no more
    is_taken(a.show(first, fast(count=9), more=a.wish()))
    second = a.key
    assert second != first
    is_taken(a.show(first, fast(count=10)))
    is_taken(a.show(second))
    is_refused(a.show(first, fast(count=11)))
    # what is invalidated is gone at once, another client's is not
    is_taken(a.show(second, fast(invalidate="true")))
    is_refused(a.show(second))
    is_refused(a.show(first, fast(count=12)))
    is_taken(b.show(b.key))
    # bound to nothing, it is counted all the same
    c = Client(mechanism="HT-SHA-256-NONE")
    is_refused(c.show(c.key, mechanism="HT-SHA-256-ENDP"))
    is_taken(c.show(c.key, fast(count=1)))
    is_refused(c.show(c.key, fast(count=1)))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
