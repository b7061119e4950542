"""The list of plays (see fake.py) and the servers that give them.

    PROGRAM DIR DOMAIN PASSWORD CERT NAME...    see DIR/NAME/port, .../record
    PROGRAM --list                              all names
    PROGRAM --secrets PASSWORD                  what may be in no record

A name is that of a play, or another and the play's: OTHER:PLAY.
"""
import base64
import os
import sys
import threading

from fake import Peer, Stage

PLAYS = {}
TUNES = {}      # of TLS
PEERS = {}      # who gives them, if not a Peer


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


def repeat(prefix, names, peer=None):
    """The same plays once more, given by another."""
    for name in names:
        PLAYS[prefix + name] = PLAYS[name]
        PEERS[prefix + name] = peer or PEERS.get(name, Peer)
        if name in TUNES:
            TUNES[prefix + name] = TUNES[name]


def secrets(password):
    """The password and the token of a play, as they are and in base64, where
    what is before and behind them changes no more than the ends."""
    for text in (password, "fast-secret"):
        yield text
        for before in range(3):
            coded = base64.b64encode(b"\0" * before + text.encode()).decode()
            yield coded[4 if before else 0:-4]


def main():
    if sys.argv[1:2] == ["--secrets"]:
        print("\n".join(secrets(sys.argv[2])))
        return
    if sys.argv[1:] == ["--list"]:
        print("\n".join(PLAYS))
        return
    directory, domain, password, cert = sys.argv[1:5]
    threads = []
    for arg in sys.argv[5:]:
        name, _, title = arg.partition(":")
        title = title or name
        stage = Stage(os.path.join(directory, name), domain, password, cert)
        stage.tune = TUNES.get(title, stage.tune)
        stage.peer = PEERS.get(title, Peer)
        threads.append(threading.Thread(target=stage.serve,
                                        args=(PLAYS[title],)))
        threads[-1].start()
    for thread in threads:
        thread.join()
