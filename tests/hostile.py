#!/usr/bin/env python3
"""Servers that do one thing wrong each, and the list of what can be wrong;
how they are started is told in plays.py.

What no program may ever print is marked EVIL, what it must print GOOD.
"""
import os
import ssl
import time
from collections import Counter

import hostile_sasl     # more of the same
from fake import (BIND, BIND_SM, FEATURES, HEADER, PATIENCE, PROCEED, SASL, SM,
                  STANZAS, STARTTLS, STREAMS, mechanisms)
from fake_sasl2 import Peer2, offer2
from plays import PLAYS, TUNES, family, main, play, repeat

EVIL = "<message from='x@evil.test' id='e'><body>EVIL</body></message>"
GOOD = "<message from='juliet@{d}/b' id='g'><body>GOOD</body></message>"


@play
def honest(p):
    p.login()
    p.serve()


@play
def direct(p):
    p.tls()
    p.auth()
    p.bind()
    p.serve()


@play
def single_bytes(p):
    """D13: every byte in a segment of its own."""
    p.slow = True
    p.login()
    p.ready()
    p.send(GOOD.format(d=p.stage.domain))
    p.serve()


# --- A. STARTTLS -------------------------------------------------------------

@family("before-tls-", {
    "sasl": mechanisms("SCRAM-SHA-256", "PLAIN"),
    "sasl2": offer2("SCRAM-SHA-256", "PLAIN"),
    "bind": BIND_SM,
    "nothing": "",
    "other-ns": STARTTLS.replace("xmpp-tls", "xmpp-evil"),
})
def no_starttls(p, features):
    """A1, A3, A8: stripped; and stanzas as if we were authenticated."""
    p.header(features)
    p.send(EVIL)
    p.drain()


@play
def optional_tls(p):
    """A2: TLS is not required and SASL is there in clear."""
    p.header(STARTTLS.replace("<required/>", "") + mechanisms("PLAIN"))
    p.expect("starttls")
    p.send(PROCEED)
    p.tls()
    p.auth()
    p.bind()
    p.serve()


@family("proceed-then-", {
    "features": FEATURES.format(mechanisms("PLAIN")),
    "sasl2": FEATURES.format(offer2("PLAIN")),
    "success": "<success xmlns='%s'/>" % SASL,
    "stream": "{h}" + FEATURES.format(mechanisms("PLAIN")),
    "stanza": EVIL,
    "space": " ",
})
def injected(p, more):
    """A4: plaintext in the segment of <proceed/>, then honest TLS."""
    p.header(STARTTLS)
    p.expect("starttls")
    p.send(PROCEED + more.format(h=HEADER.format(domain=p.stage.domain)))
    p.tls()
    p.auth()
    p.bind()
    p.serve()


@family("instead-of-proceed-", {
    "failure": "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    "success": "<success xmlns='%s'/>" % SASL,
    "other-ns": PROCEED.replace("xmpp-tls", "xmpp-evil"),
    "features": FEATURES.format(mechanisms("PLAIN")),
    "stanza": EVIL,
})
def not_proceed(p, answer):
    """A5."""
    p.header(STARTTLS)
    p.expect("starttls")
    p.send(answer)
    p.drain()


@play
def plaintext_after_proceed(p):
    """A6: as if there had been a handshake."""
    p.header(STARTTLS)
    p.expect("starttls")
    p.send(PROCEED)
    time.sleep(0.2)
    p.send(HEADER.format(domain=p.stage.domain)
           + FEATURES.format(mechanisms("PLAIN")) + EVIL)
    p.drain()


@play
def starttls_inside_tls(p):
    """A7."""
    p.starttls()
    p.header(STARTTLS)
    p.drain()


@play
def compression(p):
    """A10: offered wherever it can be."""
    offer = ("<compression xmlns='http://jabber.org/features/compress'>"
             "<method>zlib</method></compression>")
    p.header(STARTTLS + offer)
    p.expect("starttls")
    p.send(PROCEED)
    p.tls()
    p.header(p.offer("PLAIN") + offer)
    p.asked()
    p.succeed()
    p.restart()
    p.bind(features=BIND_SM + offer)
    p.serve()


# --- B. TLS ------------------------------------------------------------------

@family("handshake-", {
    "garbage": b"\x16\x03\x03\x00\x05hello" + b"\xff" * 64,
    "alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "half": b"\x16\x03\x03\x02\x00\x02\x00",
    "http": b"HTTP/1.0 400 Bad Request\r\n\r\n",
})
def bad_handshake(p, data):
    """B10."""
    p.header(STARTTLS)
    p.expect("starttls")
    p.send(PROCEED)
    p.sock.recv(1)
    p.send(data)
    p.drain()


@play
def tls11(p):
    """B7."""
    p.starttls()
    p.auth()
    p.bind()
    p.serve()


def only_tls11(context):
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")


TUNES["tls11"] = only_tls11


@play
def truncated(p):
    """B12: the connection ends without close_notify."""
    p.login()
    p.ready()
    p.send(GOOD.format(d=p.stage.domain))
    p.close()


@play
def truncated_stanza(p):
    p.login()
    p.ready()
    p.send(GOOD.format(d=p.stage.domain) + EVIL[:-3])
    p.close()


@play
def unnotified(p):
    """B12: the stream ends, and then the connection without close_notify."""
    def end(step):
        if step == "end":
            p.send("</stream:stream>")
            p.close()
    p.hook = end
    p.login()
    p.serve()


# --- D. Stream and XML -------------------------------------------------------

@family("xml-", {
    "comment": "<!-- EVIL -->",
    "pi": "<?evil EVIL?>",
    "doctype": "<!DOCTYPE x [<!ENTITY e 'EVIL'>]>",
    "entity": "<message><body>&evil;EVIL</body></message>",
    "mismatch": "<message><body>EVIL</message></body>",
    "prefix": "<message><evil:x/><body>EVIL</body></message>",
    "nul": "<message><body>EVIL\x00</body></message>",
    "control": "<message><body>EVIL\x07</body></message>",
    "utf8": b"<message><body>EVIL\xff</body></message>",
    "overlong": b"<message><body>EVIL\xc0\xaf</body></message>",
    "surrogate": b"<message><body>EVIL\xed\xa0\x80</body></message>",
    "text": "EVIL",
    "nested-stream": "<stream:stream>EVIL</stream:stream>",
    "declaration": "<?xml version='1.0'?>" + EVIL,
    "endless-tag": "<message a='EVIL" + "a" * 9000000,
})
def bad_xml(p, data):
    """D1, D2, D5, D9: behind a good message, which still counts."""
    p.login()
    p.ready()
    if isinstance(data, str):
        data = data.encode()
    p.send(GOOD.format(d=p.stage.domain).encode() + data)
    p.serve()


@family("large-", {
    "huge": "<message><body>EVIL" + "a" * 9000000 + "</body></message>",
    "deep": "<message>EVIL" + "<a>" * 200000 + "</a>" * 200000 + "</message>",
    "attributes": "<message " + " ".join(
        "a%d='EVIL'" % i for i in range(100000)) + "/>",
    "long-name": "<message><" + "EVIL" * 3000000 + "/></message>",
    "value": "<message a='EVIL" + "a" * 9000000 + "'/>",
})
def too_large(p, data):
    """D5: between two good messages, both of which count."""
    p.login()
    p.ready()
    good = GOOD.format(d=p.stage.domain)
    p.send(good + data + good.replace("GOOD", "BEHIND"))
    p.serve()


@family("header-", {
    "wrong-ns": HEADER.replace("jabber:client", "jabber:evil"),
    "wrong-stream-ns": HEADER.replace("etherx.jabber.org", "evil.test"),
    "no-version": HEADER.replace("version='1.0'>", ">"),
    "version-2": HEADER.replace("version='1.0'>", "version='2.0'>"),
    "wrong-root": "<EVIL xmlns='jabber:client'>",
    "http": "HTTP/1.1 400 Bad Request\r\n\r\n<html>EVIL</html>",
    "ssh": "SSH-2.0-OpenSSH_9.2\r\n",
    "utf16": "<?xml version='1.0'?><stream:stream>".encode("utf-16"),
    "big-id": HEADER.replace("id='s1'", "id='" + "a" * 5000000 + "'"),
})
def bad_header(p, header):
    """D10."""
    p.expect("stream")
    if isinstance(header, str):
        header = header.replace("{domain}", p.stage.domain)
    p.send(header)
    p.send(FEATURES.format(mechanisms("PLAIN")))
    p.drain()


ERRORS = ("bad-format", "conflict", "connection-timeout", "host-gone",
          "host-unknown", "internal-server-error", "not-authorized",
          "policy-violation", "remote-connection-failed", "reset",
          "resource-constraint", "system-shutdown", "undefined-condition",
          "unheard-of")


def stream_error(condition, more=""):
    return ("<stream:error><%s xmlns='%s'>%s</%s><text xmlns='%s'>because \x7f"
            "\u009b31m</text></stream:error></stream:stream>"
            % (condition, STREAMS, more, condition, STREAMS))


@family("error-early-", {c: c for c in ERRORS})
def error_early(p, condition):
    """D11: instead of features."""
    p.expect("stream")
    p.send(HEADER.format(domain=p.stage.domain) + stream_error(condition))
    p.drain()


@family("error-late-", {c: c for c in ERRORS})
def error_late(p, condition):
    """D11: in the session, with a stanza of ours not acknowledged."""
    p.acks = False
    p.login()
    p.ready()
    p.send(stream_error(condition) + EVIL)
    p.serve()


@play
def see_other_host(p):
    """D12: to ourselves, where it would be noticed."""
    p.expect("stream")
    port = p.stage.port()
    p.send(HEADER.format(domain=p.stage.domain)
           + stream_error("see-other-host", "127.0.0.1:%s" % port))
    p.drain()


@play
def after_the_end(p):
    """D9: a stanza behind </stream:stream>."""
    p.login()
    p.ready()
    p.send(GOOD.format(d=p.stage.domain) + "</stream:stream>" + EVIL)
    p.serve()


# --- E. Stanzas --------------------------------------------------------------

@play
def roster_push(p):
    """E2: from somebody else."""
    p.login()
    p.ready()
    p.send("<iq type='set' id='push1' from='x@evil.test/r'><query xmlns="
           "'jabber:iq:roster'><item jid='EVIL@evil.test'/></query></iq>")
    p.send(GOOD.format(d=p.stage.domain))
    p.serve()


@play
def unknown_requests(p):
    """E4: one get, one set, and answers to what nobody asked."""
    p.login()
    p.ready()
    p.send("<iq type='get' id='get1' from='juliet@{d}/b'><x xmlns='u:x'/></iq>"
           "<iq type='set' id='set1' from='juliet@{d}/b'><x xmlns='u:x'/></iq>"
           "<iq type='result' id='res1' from='juliet@{d}/b'/>"
           "<iq type='error' id='err1' from='juliet@{d}/b'/>"
           .format(d=p.stage.domain))
    p.send(GOOD.format(d=p.stage.domain))
    p.serve()


@play
def subscribe(p):
    """E5."""
    p.login()
    p.ready()
    p.send("<presence type='subscribe' from='x@evil.test'/>")
    p.send(GOOD.format(d=p.stage.domain))
    p.serve()


@play
def wrong_sender(p):
    """E3: without stream management, each answer comes from a stranger."""
    p.starttls()
    p.auth()
    p.bind(features=BIND)
    while True:
        element = p.next()
        if element is None or element.name != "iq":
            p.handle(element)
            continue
        for sender in ("x@evil.test", "evil.test", "juliet@%s/a"
                       % p.stage.domain):
            p.send("<iq type='result' id='%s' from='%s'/>"
                   % (element.get("id"), sender))


@family("bounce-", {
    "honest": "from='juliet@{d}' id='{id}'",
    "server": "id='{id}'",
    "stranger": "from='x@evil.test' id='{id}'",
    "domain": "from='evil.test' id='{id}'",
    "nowhere": "from='@' id='{id}'",
    "other-id": "from='juliet@{d}' id='{id}1'",
    "small-id": "from='juliet@{d}' id='0'",
    "no-id": "from='juliet@{d}'",
})
def bounce(p, attributes):
    """E3, E8: only the recipient's word counts, and only with our id."""
    p.login()
    message = p.serve(until=lambda e: e.name == "message")
    p.handle(message)
    p.send("<message type='error' %s><error type='cancel'><item-not-found "
           "xmlns='%s'/></error></message>" % (attributes.format(
               d=p.stage.domain, id=message.get("id")), STANZAS))
    p.serve()


@family("bind-wrong-", {
    "sender": "<iq type='result' id='{id}' from='x@evil.test'>",
    "id": "<iq type='result' id='{id}x'>",
    "type": "<iq type='set' id='{id}'>",
    "ns": "<iq xmlns='jabber:evil' type='result' id='{id}'>",
})
def bind_wrong(p, start):
    """E3, E6: not the answer that is waited for."""
    p.starttls()
    p.auth()
    p.header(BIND)
    iq = p.expect("iq")
    p.send(start.format(id=iq.get("id")) + BIND.replace(
        "/>", "><jid>romeo@%s/r</jid></bind></iq>" % p.stage.domain))
    p.serve()


@family("bind-error-", {c: c for c in (
    "resource-constraint", "not-allowed", "bad-request", "conflict")})
def bind_error(p, condition):
    """E6."""
    p.starttls()
    p.auth()
    p.header(BIND)
    iq = p.expect("iq")
    p.send("<iq type='error' id='%s'><error type='cancel'><%s xmlns='%s'/>"
           "</error></iq>" % (iq.get("id"), condition, STANZAS))
    p.serve()


@family("bind-jid-", {
    "none": None,
    "empty": "",
    "bare": "romeo@{d}",
    "other": "juliet@{d}/r",
    "domain": "romeo@evil.test/r",
    "newline": "romeo@{d}/a&#10;EVIL",
    "long": "romeo@{d}/" + "r" * 5000,
})
def bind_jid(p, jid):
    """E6: never a half-bound session."""
    p.starttls()
    p.auth()
    p.header(BIND)
    iq = p.expect("iq")
    inner = "" if jid is None else "<jid>%s</jid>" % jid.format(
        d=p.stage.domain)
    p.send("<iq type='result' id='%s'>%s</iq>" % (
        iq.get("id"), BIND.replace("/>", ">%s</bind>" % inner)))
    p.serve()


# --- F. Stream management ----------------------------------------------------

@family("ack-", {"1000": "1000", "negative": "-1", "empty": "",
                 "word": "1x", "2-32": "4294967296", "2-64": str(2 ** 64)})
def bad_ack(p, h):
    """F1: whenever the client asks."""
    p.acks = False
    p.hook = lambda step: step == "ack" and p.send(
        "<a xmlns='%s' h='%s'/>" % (SM, h))
    p.login()
    p.serve()


@play
def ack_unasked(p):
    """F1: more than was sent, without being asked."""
    p.acks = False
    p.hook = lambda step: step == "enabled" and p.send(
        "<enabled xmlns='%s'/><a xmlns='%s' h='7'/>" % (SM, SM))
    p.login()
    p.serve()


@play
def ack_never(p):
    """F4."""
    p.acks = False
    p.login()
    p.serve()


@play
def enable_failed(p):
    """XEP-0198 offered and refused: there is the ping still."""
    p.starttls()
    p.auth()
    p.bind()
    while True:
        element = p.next()
        if element is not None and element.name == "enable":
            p.send("<failed xmlns='%s'><unexpected-request xmlns='%s'/>"
                   "</failed>" % (SM, STANZAS))
        else:
            p.handle(element)


@play
def request_flood(p):
    """F4: a hundred thousand <r/>, then an honest server."""
    p.login()
    p.ready()
    p.send("<r xmlns='%s'/>" % SM * 100000)
    p.send(GOOD.format(d=p.stage.domain))
    p.serve()


def send_elsewhere(p):
    where = "127.0.0.1:1"
    if os.path.exists(p.stage.directory + "/where"):
        with open(p.stage.directory + "/where", encoding="utf-8") as file:
            where = file.read()
    p.send(stream_error("see-other-host", where))
    p.drain()


@play
def elsewhere(p):
    """To DIR/where, or where nobody is, before there is a login."""
    p.starttls()
    p.expect("stream")
    p.send(HEADER.format(domain=p.stage.domain))
    send_elsewhere(p)


@play
def elsewhere_late(p):
    """The same in the middle of it."""
    def hook(step):
        if step == "challenge":
            send_elsewhere(p)
    p.hook = hook
    p.login()


@play
def elsewhere_clear(p):
    """The same without TLS."""
    p.expect("stream")
    p.send(HEADER.format(domain=p.stage.domain))
    send_elsewhere(p)


# --- G. Stalls, ends and resets at each step ---------------------------------

STEPS = ("connect", "header1", "features1", "proceed1", "handshake1",
         "header2", "features2", "challenge1", "success1", "header3",
         "features3", "bind1", "message1", "result1", "enabled1", "ack1",
         "end1")
FAULTS = {"stall": lambda p: p.stall(), "fin": lambda p: p.close(),
          "rst": lambda p: p.reset(), "end": lambda p: p.leave()}


@family("at-", {step + "-" + name: (step, fault)
                for step in STEPS for name, fault in FAULTS.items()})
def at_step(p, what):
    wanted, fault = what
    seen = Counter()

    def hook(step):
        seen[step] += 1
        if "%s%d" % (step, seen[step]) == wanted:
            fault(p)
    if wanted == "connect":
        fault(p)
    p.hook = hook
    # a ping is answered only where there is no stream management
    p.login(**({"features": BIND} if wanted == "result1" else {}))
    p.serve()


def trickle(p):
    """G2: one byte a second of something that never ends."""
    p.expect("stream")
    for byte in HEADER.format(domain=p.stage.domain) + " " * PATIENCE:
        p.send(byte)
        time.sleep(0.5)


PLAYS["trickle"] = trickle


# --- Once more, by SASL2 and by direct TLS -----------------------------------

repeat("sasl2-", ["honest", "compression"] + hostile_sasl.BOTH
       + ["at-%s-%s" % (step, fault) for fault in FAULTS for step in (
           "header2", "features2", "challenge1", "success1", "message1",
           "ack1", "end1")], Peer2)
for profile in ("", "sasl2-"):
    repeat("direct-", [profile + name for name in (
        "honest", "scram-final-wrong", "scram-final-nothing",
        "scram-final-missing", "scram-first-nonce-same",
        "scram-first-count-4e9", "scram-first-hash", "success-at-once",
        "success-unasked", "success-and-success", "failure-and-success",
        "downgrade-plain", "downgrade-weaker", "plus-removed",
        "mechanisms-none")])
repeat("direct-", ["tls11", "truncated", "sasl2-bound-other",
                   "sasl2-fast-honest", "sasl2-fast-wrong", "sasl2-fast-none",
                   "sasl2-fast-refused-plain"])

# and by a client that sends nothing ahead
repeat("waiting-", ["sasl2-" + name for name in (
    "honest", "success-unasked", "downgrade-plain", "fast-honest",
    "fast-wrong", "fast-none", "fast-refused-revoked", "fast-refused-expired",
    "fast-refused-plain", "fast-refused-weaker", "fast-refused-fast")])

if __name__ == "__main__":
    main()
