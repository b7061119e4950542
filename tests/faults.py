#!/usr/bin/python3
"""One fault in each run: the nth call of a function fails or comes up short
(tests/preload/faults.c), for n = 1, 2, 3, ... until no fault is left.

  faults.py SEED MOST LIBRARY DIR PLAN...

A PLAN is one of plans() below; MOST runs of each function in it are made, by
chance if there would be more (0: all of them).  DIR is for files.  Whatever
fails, a program ends in time, with a status that it documents, and with a word
on stderr unless that is 0.  What it printed are whole lines of what it prints
without a fault; with 0, all of them.
"""
import os
import random
import subprocess
import sys

# What a fault may come to; wrong usage, a bad line or a bad password it is not.
STATUSES = {0, 68, 69, 70, 71, 74, 75, 76}
LIMIT = 20          # seconds
FAULTS = ["read", "read:short", "read:EINTR", "write", "write:short",
          "write:ENOSPC", "write:EINTR", "poll", "poll:EINTR", "malloc",
          "fsync", "rename", "open", "open:ENOMEM", "connect",
          "connect:ENETUNREACH", "fork"]
HARMLESS = {"short", "EINTR"}


class Run:
    def __init__(self, stage, argv, fault=None, stdin=None):
        self.log = os.path.join(stage.dir, "fault")
        if os.path.exists(self.log):
            os.unlink(self.log)
        env = dict(os.environ)
        if fault is not None:
            env.update(FAULT=fault, FAULT_LOG=self.log,
                       LD_PRELOAD=stage.library)
        try:
            p = subprocess.run(argv, env=env, stdin=stdin or
                               subprocess.DEVNULL, capture_output=True,
                               timeout=LIMIT)
            self.status, self.out, self.err = p.returncode, p.stdout, p.stderr
        except subprocess.TimeoutExpired as x:
            self.status, self.out, self.err = None, b"", x.stderr or b""
        self.struck = os.path.exists(self.log)


class Stage:
    def __init__(self, seed, most, library, directory):
        self.random = random.Random(seed)
        self.most, self.library, self.dir = most, library, directory
        self.runs = self.bad = 0

    def complain(self, name, fault, run, why):
        self.bad += 1
        print("%s, %s: %s: status %s: %.300s" % (
            name, fault, why, run.status, run.err.decode(errors="replace")))

    def numbers(self, struck):
        """The calls to be struck: all, or some; STRUCK(n) says if n exists."""
        if self.most == 0:
            n = 1
            while struck(n):
                n += 1
            return
        n = 1
        while n <= self.most // 2 and struck(n):
            n += 1
        if n <= self.most // 2:
            return
        # beyond the first ones, farther and farther apart
        step = 1
        for _ in range(self.most // 2):
            n += self.random.randrange(1, step + 2)
            step += step // 4 + 1
            if not struck(n):
                return

    def sweep(self, name, faults, once):
        """ONCE(fault) makes a run and says what is wrong with it, or None."""
        for f in faults:
            function, _, how = f.partition(":")

            def struck(n):
                fault = "%s:%d%s" % (function, n, how and ":" + how)
                run, why = once(fault, how)
                self.runs += 1
                why = self.general(run, how) or why
                if why and run.struck:
                    self.complain(name, fault, run, why)
                return run.struck
            self.numbers(struck)

    @staticmethod
    def general(run, how):
        if run.status is None:
            return "it hangs"
        if run.status < 0:
            return "it died"
        if run.status not in STATUSES:
            return "no status for a fault"
        if run.status != 0 and not run.err:
            return "no word about it"
        if run.status != 0 and how in HARMLESS:
            return "that is no fault"
        return None


def filters(stage, name, argv, stdin=os.devnull):
    """A program that reads files: what it prints is known."""
    whole = Run(stage, argv, stdin=open(stdin)).out
    lines = whole.split(b"\n")

    def once(fault, how):
        run = Run(stage, argv, fault, open(stdin))
        if run.status == 0 and run.out != whole:
            return run, "not all was printed"
        if run.out.split(b"\n")[:-1] != lines[:run.out.count(b"\n")]:
            return run, "something else was printed"
        return run, None
    stage.sweep(name, FAULTS[:9] + ["malloc", "open", "open:ENOMEM"], once)


def write(stage, name, data):
    path = os.path.join(stage.dir, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def plan_filters(stage):
    lines = write(stage, "lines", b"".join(
        b"<message to='a@b' id='%d'><body>%d</body></message>\n" % (i, i)
        for i in range(100)))
    stream = write(stage, "stream", b"<stream:stream xmlns='jabber:client' "
                   b"xmlns:stream='http://etherx.jabber.org/streams'>" +
                   b"<message to='a@b'><body>x</body></message>" * 100 +
                   b"</stream:stream>")
    jids = write(stage, "jids", b"juliet@example.com\nstra\xc3\x9fe@x\n" * 20)
    filters(stage, "stanza-cut", ["stanza-cut", "-f", "@id,body", lines])
    filters(stage, "stanza-grep", ["stanza-grep", "--name", "message", lines])
    filters(stage, "stanza-make", ["stanza-make", "--id", "i", "-m", "x",
                                   "a@b"])
    filters(stage, "jid-check", ["jid-check"], jids)
    filters(stage, "stream-dump", ["stream-dump", stream])
    filters(stage, "stream-dump -a", ["stream-dump", "-a", stream])


def plan_send(stage):
    """0 is said of a message only when the server has routed it."""
    said = []

    def once(fault, how):
        body = "send-%d" % len(said)
        run = Run(stage, ["xmpp-send", "-a", "romeo", "--wait", "0",
                          "--timeout", "5", "-m", body, "juliet@localhost"],
                  fault)
        said.append((body, fault, run))
        return run, None
    # memory is the business of test_nomem_net: most of the allocations here
    # are those of OpenSSL, which takes some failures for a bad certificate
    stage.sweep("xmpp-send", [f for f in FAULTS if f != "malloc"], once)
    log = open(os.environ["SERVE_LOG"]).read()
    for body, fault, run in said:
        if run.status == 0 and "<body>%s</body>" % body not in log:
            stage.complain("xmpp-send", fault, run, "it was not sent")


if __name__ == "__main__":
    seed, most, library, directory = sys.argv[1:5]
    s = Stage(seed, int(most), library, directory)
    for plan in sys.argv[5:]:
        globals()["plan_" + plan](s)
    print("%d runs, %d bad" % (s.runs, s.bad))
    sys.exit(s.bad > 0)
