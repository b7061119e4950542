#!/usr/bin/env python3
"""Servers that do one thing wrong each, and the list of what can be wrong.

    hostile.py DIR DOMAIN PASSWORD CERT NAME...    see DIR/NAME/port, .../record
    hostile.py --list                              all names

What no program may ever print is marked EVIL, what it must print GOOD.
"""
import base64
import os
import ssl
import sys
import threading
import time
from collections import Counter

from fake import (BIND, BIND_SM, FEATURES, HEADER, PATIENCE, PROCEED, SASL, SM,
                  STANZAS, STARTTLS, STREAMS, Stage, mechanisms)

PLAYS = {}
TUNES = {}
EVIL = "<message from='x@evil.test' id='e'><body>EVIL</body></message>"
GOOD = "<message from='juliet@{d}/b' id='g'><body>GOOD</body></message>"


def play(function):
    PLAYS[function.__name__.replace("_", "-")] = function
    return function


def family(prefix, table):
    """One play for each entry, made by calling the function with it."""
    def add(function):
        for name, value in table.items():
            PLAYS[prefix + name] = (
                lambda p, value=value: function(p, value))
        return function
    return add


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
    p.header(mechanisms("PLAIN") + offer)
    p.said(p.expect("auth"))
    p.answer("success", None)
    p.reader = type(p.reader)()
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


# --- C. SASL -----------------------------------------------------------------

@family("scram-final-", {
    "wrong": lambda v: "v=" + base64.b64encode(bytes(32)).decode(),
    "short": lambda v: v[:20] + "==",
    "empty": lambda v: "v=",
    "nothing": lambda v: "",
    "missing": lambda v: None,
    "error": lambda v: "e=other-error",
    "not-base64": lambda v: "v=!!!!",
    "more": lambda v: "x=1," + v,
})
def scram_final(p, twist):
    """C1: the server does not prove itself."""
    p.starttls()
    p.auth("SCRAM-SHA-256", final=twist)
    p.bind()
    p.serve()


@family("scram-first-", {
    "nonce-other": "r=0123456789abcdef0123456789,s={s},i={i}",
    "nonce-same": "r={client},s={s},i={i}",
    "nonce-cut": "r=0,s={s},i={i}",
    "count-0": "r={r},s={s},i=0",
    "count-1": "r={r},s={s},i=1",
    "count-4095": "r={r},s={s},i=4095",
    "count-negative": "r={r},s={s},i=-4096",
    "count-plus": "r={r},s={s},i=+4096",
    "count-4e9": "r={r},s={s},i=4000000000",
    "count-2-31": "r={r},s={s},i=2147483647",
    "count-2-32": "r={r},s={s},i=4294971392",
    "count-2-64": "r={r},s={s},i=18446744073709555712",
    "count-word": "r={r},s={s},i=4096x",
    "count-empty": "r={r},s={s},i=",
    "count-missing": "r={r},s={s}",
    "order": "s={s},r={r},i={i}",
    "twice": "r={r},s={s},s={s},i={i}",
    "extension": "m=x,r={r},s={s},i={i}",
    "salt-bad": "r={r},s=!!!!,i={i}",
    "salt-empty": "r={r},s=,i={i}",
    "empty": "",
    "long": "r={r},s={s},i={i},x=" + "a" * 2000000,
})
def scram_first(p, message):
    """C2 to C5: no proof may follow such a challenge."""
    p.starttls()
    p.auth("SCRAM-SHA-256", first=message)
    p.drain()


@play
def scram_not_base64(p):
    p.starttls()
    p.header(mechanisms("SCRAM-SHA-256"))
    p.expect("auth")
    p.send("<challenge xmlns='%s'>###</challenge>" % SASL)
    p.drain()


@play
def success_at_once(p):
    """C1: before any challenge."""
    p.starttls()
    p.header(mechanisms("SCRAM-SHA-256"))
    p.expect("auth")
    p.answer("success", None)
    p.reader = type(p.reader)()
    p.bind()
    p.serve()


@play
def success_unasked(p):
    """C1: before any <auth/>, in the segment of the features."""
    p.starttls()
    p.opening = p.expect("stream")
    p.send(HEADER.format(domain=p.stage.domain) + FEATURES.format(
        mechanisms("SCRAM-SHA-256")) + "<success xmlns='%s'/>" % SASL)
    p.drain()


@play
def endless_challenges(p):
    """C5."""
    p.starttls()
    p.header(mechanisms("SCRAM-SHA-256"))
    p.expect("auth")
    while True:
        p.answer("challenge", b"r=0123,s=AAAA,i=4096")
        p.expect("response", "auth")


CONDITIONS = ("aborted", "account-disabled", "credentials-expired",
              "encryption-required", "incorrect-encoding", "invalid-authzid",
              "invalid-mechanism", "malformed-request", "mechanism-too-weak",
              "not-authorized", "temporary-auth-failure", "unheard-of")


@family("sasl-failure-", {c: c for c in CONDITIONS})
def sasl_failure(p, condition):
    """C7: one try each."""
    p.starttls()
    p.header(mechanisms("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"))
    p.expect("auth")
    p.send("<failure xmlns='%s'><%s/><text>no\x7f \u009b31m, sorry</text>"
           "</failure>" % (SASL, condition))
    p.drain()


@family("mechanisms-", {
    "none": mechanisms(),
    "unknown": mechanisms("X-EVIL", "DIGEST-MD5", "scram-sha-256"),
    "absent": "",
})
def bad_mechanisms(p, offer):
    """C8."""
    p.starttls()
    p.header(offer)
    p.drain()


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
    "huge": "<message><body>EVIL" + "a" * 8000000 + "</body></message>",
    "deep": "<message>EVIL" + "<a>" * 200000,
    "attributes": "<message " + " ".join(
        "a%d='EVIL'" % i for i in range(100000)) + "/>",
    "long-name": "<" + "EVIL" * 3000000 + "/>",
    "endless-tag": "<message a='EVIL" + "a" * 8000000,
})
def bad_xml(p, data):
    """D1, D2, D5, D9: behind a good message, which still counts."""
    p.login()
    p.ready()
    if isinstance(data, str):
        data = data.encode()
    p.send(GOOD.format(d=p.stage.domain).encode() + data)
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


@play
def bind_wrong_sender(p):
    p.starttls()
    p.auth()
    p.header(BIND)
    iq = p.expect("iq")
    p.send("<iq type='result' id='%s' from='x@evil.test'>%s</iq>" % (
        iq.get("id"), BIND.replace("/>", "><jid>romeo@%s/r</jid></bind>"
                                   % p.stage.domain)))
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
          "rst": lambda p: p.reset()}


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
    p.login()
    p.serve()


def trickle(p):
    """G2: one byte a second of something that never ends."""
    p.expect("stream")
    for byte in HEADER.format(domain=p.stage.domain) + " " * PATIENCE:
        p.send(byte)
        time.sleep(0.5)


PLAYS["trickle"] = trickle


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(PLAYS))
        return
    directory, domain, password, cert = sys.argv[1:5]
    threads = []
    for arg in sys.argv[5:]:
        # PLAY, in the directory of its name, or NAME:PLAY, in that of NAME
        name, _, play = arg.partition(":")
        play = play or name
        stage = Stage(os.path.join(directory, name), domain, password, cert)
        stage.tune = TUNES.get(play, stage.tune)
        threads.append(threading.Thread(target=stage.serve,
                                        args=(PLAYS[play],)))
        threads[-1].start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
