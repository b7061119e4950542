"""Servers that do one thing wrong while they authenticate, by RFC 6120's SASL
or by SASL2: a play knows no more of that than its Peer does."""
import base64

from fake import FEATURES, SASL, mechanisms
from fake_sasl2 import BOUND, HT, SASL2, UPGRADE, Peer2
from plays import PEERS, PLAYS, family, play

EVIL = "<message from='x@evil.test' id='e'><body>EVIL</body></message>"


# --- The server's proof ------------------------------------------------------

@family("scram-final-", {
    "wrong": lambda v: "v=" + base64.b64encode(bytes(32)).decode(),
    "short": lambda v: v[:18],
    "long": lambda v: v[:-1] + "A" * 5,
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


# --- Its challenge -----------------------------------------------------------

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
    # XEP-0474: no such list was offered
    "hash": "r={r},s={s},i={i},h=" + base64.b64encode(bytes(32)).decode(),
    "hash-old": "r={r},s={s},i={i},d=" + base64.b64encode(bytes(32)).decode(),
})
def scram_first(p, message):
    """C2 to C5: no proof may follow such a challenge."""
    p.starttls()
    p.auth("SCRAM-SHA-256", first=message)
    p.drain()


@play
def scram_not_base64(p):
    p.starttls()
    p.begin("SCRAM-SHA-256")
    p.send("<challenge xmlns='%s'>###</challenge>" % p.ns)
    p.drain()


@play
def endless_challenges(p):
    """C5."""
    p.starttls()
    p.begin("SCRAM-SHA-256")
    while True:
        p.answer("challenge", b"r=0123,s=AAAA,i=4096")
        p.expect("response", "auth")


# --- Its success -------------------------------------------------------------

@play
def success_at_once(p):
    """C1: before any challenge."""
    p.starttls()
    p.begin("SCRAM-SHA-256")
    p.succeed()
    p.restart()
    p.bind()
    p.serve()


@play
def success_unasked(p):
    """C1: before anything was asked for, in the segment of the features."""
    p.starttls()
    p.header(p.offer("SCRAM-SHA-256"),
             behind="<success xmlns='%s'/>" % p.ns)
    p.drain()


@family("success-and-", {
    "success": "<success xmlns='{ns}'/>",
    "challenge": "<challenge xmlns='{ns}'>AAAA</challenge>",
    "failure": "<failure xmlns='{ns}'><not-authorized xmlns='%s'/></failure>"
               % SASL,
    "proceed": "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
})
def success_and(p, behind):
    """More of the login, when it is over."""
    p.behind = behind.format(ns=p.ns)
    p.login()
    p.serve()


# --- Its failure -------------------------------------------------------------

CONDITIONS = ("aborted", "account-disabled", "credentials-expired",
              "encryption-required", "incorrect-encoding", "invalid-authzid",
              "invalid-mechanism", "malformed-request", "mechanism-too-weak",
              "not-authorized", "temporary-auth-failure", "unheard-of")


@family("sasl-failure-", {c: c for c in CONDITIONS})
def sasl_failure(p, condition):
    """C7: one try each."""
    p.starttls()
    p.begin("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN")
    p.fail(condition, "<text>no\x7f \u009b31m, sorry</text>")
    p.drain()


@play
def failure_other_ns(p):
    """The other profile's."""
    p.starttls()
    p.begin("SCRAM-SHA-256")
    p.ns = SASL if p.ns == SASL2 else SASL2
    p.fail("not-authorized")
    p.drain()


@family("failure-and-", {
    "stanza": EVIL,
    "success": "<success xmlns='{ns}'/>",
    "features": FEATURES.format(mechanisms("PLAIN")),
    "garbage": "<<<",
})
def failure_and(p, behind):
    """What comes behind it counts for nothing."""
    p.starttls()
    p.begin("SCRAM-SHA-256", "PLAIN")
    p.send("<failure xmlns='%s'><not-authorized xmlns='%s'/></failure>%s" % (
        p.ns, SASL, behind.format(ns=p.ns)))
    p.drain()


# --- What it offers ----------------------------------------------------------

@family("mechanisms-", {
    "none": (),
    "unknown": ("X-EVIL", "DIGEST-MD5", "scram-sha-256"),
    "absent": None,
    "many": ["X-%d" % i for i in range(100000)],
    "long": ["X" * 5000000],
})
def bad_mechanisms(p, names):
    """C8."""
    p.starttls()
    p.header("" if names is None else p.offer(*names))
    p.drain()


@play
def plus_removed(p):
    """C6: XEP-0440 says what can be bound, and no mechanism binds."""
    p.starttls()
    p.header(p.offer("SCRAM-SHA-256", "PLAIN") +
             "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>"
             "<channel-binding type='tls-exporter'/></sasl-channel-binding>")
    p.asked()
    p.drain()


@family("downgrade-", {
    "plain": ("PLAIN",),
    "weaker": ("SCRAM-SHA-1", "PLAIN"),
    "none": (),
})
def downgrade(p, names):
    """C6: less than there was, and what was sent ahead is refused."""
    p.starttls()
    if p.stage.visits == 1:
        p.auth("SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN")
        p.bind()
        p.serve()
    p.begin(*names)
    p.fail("invalid-mechanism")
    p.drain()


@family("huge-", {
    "challenge": lambda p: p.answer("challenge", b"r" * 2000000),
    "success": lambda p: p.succeed(b"v" * 2000000),
    "failure": lambda p: p.fail("not-authorized", "<text>%s</text>" % (
        "x" * 2000000)),
})
def huge(p, answer):
    p.starttls()
    p.begin("SCRAM-SHA-256")
    answer(p)
    p.drain()


BOTH = list(PLAYS)      # by either profile


# --- SASL2 alone -------------------------------------------------------------

def sasl2(prefix, table):
    def add(function):
        family(prefix, table)(function)
        for name in table:
            PEERS[prefix + name] = Peer2
        return function
    return add


@sasl2("sasl2-bound-", {
    "missing": {"bound": ""},
    "other-ns": {"bound": BOUND.replace("bind:0", "evil:0")},
    "nobody": {"identity": None},
    "other": {"identity": "juliet@{d}/r1"},
    "foreign": {"identity": "romeo@evil.test/r1"},
    "bare": {"identity": "romeo@{d}"},
    "empty": {"identity": ""},
    "newline": {"identity": "romeo@{d}/a&#10;EVIL"},
    "long": {"identity": "romeo@{d}/" + "r" * 5000},
})
def bad_bound(p, twist):
    """E6: never a half-bound session."""
    vars(p).update(twist)
    p.login()
    p.serve()


@sasl2("sasl2-continue-", {
    "unknown": lambda good: "<tasks><task>X-EVIL</task></tasks>",
    "none": lambda good: "",
})
def unknown_task(p, tasks):
    """XEP-0388 2.6.3: the server wants what nobody has."""
    def more(data):
        p.send("<continue xmlns='%s'><additional-data>%s</additional-data>%s"
               "</continue>" % (SASL2, base64.b64encode(data).decode(),
                                tasks(data)))
    p.succeed = more
    p.login()
    p.drain()


def weak(p):
    """A server that has SHA-1 and would like more, as far as the challenge."""
    p.starttls()
    p.header(p.offer("SCRAM-SHA-1-PLUS", "SCRAM-SHA-1").replace(
        "</authentication>", "<upgrade xmlns='%s'>UPGR-SCRAM-SHA-256</upgrade>"
        "</authentication>" % UPGRADE) +
        "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding "
        "type='tls-server-end-point'/></sasl-channel-binding>")
    name, first = p.asked()
    p.scram(name, first.decode())


@sasl2("sasl2-upgrade-", {
    "honest": {},
    "unproved-wrong": {"proof": b"v=" + base64.b64encode(bytes(20))},
    "unproved-empty": {"proof": b""},
    "unproved-none": {"proof": None},
    "other": {"task": "UPGR-SCRAM-SHA-512"},
    "count-4e9": {"count": "4000000000"},
    "count-1": {"count": "1"},
    "odd-count": {"count": "4096x"},
    "odd-salt": {"salt": "!!!!"},
    "odd-salt-empty": {"salt": ""},
    "odd-salt-huge": {"salt": "A" * 900000},
})
def upgrade(p, twist):
    """XEP-0480: the hash is as good as the password."""
    def more(proof):
        p.upgrade(**{"proof": proof, **twist})
        Peer2.succeed(p)
    p.succeed = more
    weak(p)
    p.serve()


@sasl2("sasl2-upgrade-skipped", {"": None})
def upgrade_skipped(p, _):
    p.hook = lambda step: Peer2.succeed(p) if step == "salt" else None
    p.succeed = p.upgrade
    weak(p)


@sasl2("sasl2-upgrade-twice", {"": None})
def upgrade_twice(p, _):
    def more(proof):
        p.upgrade(proof)
        p.upgrade(None)
    p.succeed = more
    weak(p)


@sasl2("sasl2-upgrade-refused", {"": None})
def upgrade_refused(p, _):
    """The next try is without it."""
    def more(proof):
        p.upgrade(proof)
        p.fail("malformed-request")
        del p.succeed
        name, first = p.asked()
        p.scram(name, first.decode())
    p.succeed = more
    weak(p)
    p.serve()


@sasl2("sasl2-token-", {
    "empty": {"token": ""},
    "long": {"token": "t" * 5000},
    "large": {"token": "t" * 900000},
    "past": {"expiry": "1970-01-01T00:00:01Z"},
    "year-0": {"expiry": "0000-00-00T00:00:00Z"},
    "year-99999": {"expiry": "99999-01-01T00:00:00Z"},
    "negative": {"expiry": "-2000-01-01T00:00:00Z"},
    "word": {"expiry": "EVIL"},
    "no-expiry": {"expiry": ""},
})
def odd_token(p, twist):
    """A token of no use is no reason to fail, now or the next time."""
    p.token = "fast-secret"
    vars(p).update(twist)
    p.login()
    p.serve()


@sasl2("sasl2-token-1mb", {"": None})
def huge_token(p, _):
    p.token = "t" * (1 << 20)
    p.login()
    p.serve()


@sasl2("sasl2-fast-", {
    "honest": lambda good: good,
    "year-9999": lambda good: good,
    "wrong": lambda good: bytes(32),
    "short": lambda good: good[:31],
    "long": lambda good: good + b"x",
    "empty": lambda good: b"",
    "none": lambda good: None,
})
def fast(p, proof):
    """The second login is by the token that the first one was given."""
    p.token = "fast-secret"
    p.expiry = "9999-12-31T23:59:59Z"
    p.starttls()
    p.auth("SCRAM-SHA-256", proof=proof)
    p.bind()
    p.serve()


@sasl2("sasl2-ahead-", {
    "fin": lambda p: p.close(),
    "rst": lambda p: p.reset(),
    "stall": lambda p: p.stall(),
    "garbage": lambda p: (p.send("<<<"), p.drain()),
    "end": lambda p: p.leave(),
})
def ahead(p, fault):
    """The message has come with the token, and then the server fails: only
    if it ends in order, and has not let us in, it has not taken it."""
    p.token = "fast-secret"
    p.starttls()
    if p.stage.visits == 2:
        p.begin("SCRAM-SHA-256")
        p.expect("message")
        fault(p)
    p.auth("SCRAM-SHA-256")
    p.bind()
    p.serve()


@sasl2("sasl2-fast-refused-", {
    "revoked": ("not-authorized", ("SCRAM-SHA-256", "PLAIN")),
    "expired": ("credentials-expired", ("SCRAM-SHA-256", "PLAIN")),
    "plain": ("not-authorized", ("PLAIN",)),
    "weaker": ("not-authorized", ("SCRAM-SHA-1", "PLAIN")),
    "fast": ("not-authorized", ()),
})
def fast_refused(p, what):
    """The token is not taken: the password, but not for less than before.

    Where something went ahead with the token there is another visit, else
    another try on the same stream.
    """
    condition, names = what
    p.token = "fast-secret"
    p.starttls()
    if p.stage.visits == 1:
        p.auth("SCRAM-SHA-256", "PLAIN")
        p.bind()
        p.serve()
    name, first = p.begin(*names)
    if name == HT:
        p.fail(condition)
        element = p.next()
        if element is None or element.name != "authenticate":
            p.drain()
        p.reader.found.insert(0, element)
        name, first = p.asked()
    elif p.stage.visits == 2:
        p.record("note", "no token was shown")
    p.token = None
    p.scram(name, first.decode())
    p.serve()

