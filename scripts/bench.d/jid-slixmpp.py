"""The peer for jid-check: slixmpp's JID."""
import sys

from slixmpp.jid import JID, InvalidJID

sys.stdout.reconfigure(encoding="utf-8")
for line in open(0, encoding="utf-8"):
    try:
        print(JID(line.rstrip("\n")))
    except InvalidJID:
        pass
