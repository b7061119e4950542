"""Compare jid-check -p rfc6122 with Prosody's prepped_split.

    jid-prosody.py INPUTS RECORDS PROSODY

INPUTS are ended by NUL, RECORDS are jid-check's in JSON, PROSODY the lines of
jid-prosody.lua.  Every difference must have one of the explanations below.
"""
import collections
import json
import sys
import unicodedata

# What RFC 6122 2.2 asks of a domainpart (ToASCII of every label must succeed)
# and Prosody leaves out: it applies Nameprep to the name as a whole.
TOASCII = {"ldh", "hyphen", "label-empty", "label-long", "name-long",
           "ip-literal", "prep"}


def part(h):
    return None if h == "-" else bytes.fromhex(h).decode()


def is_rtl(s):
    return any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in s)


def is_new(s):
    return any(unicodedata.ucd_3_2_0.category(c) == "Cn" for c in s)


DIRECTION = "ICU knows the direction of code points newer than Unicode 3.2"


def why_stricter(s, theirs, record):
    """Why Prosody alone accepts S."""
    where = record["message"].split(":")[0]
    if where == "domainpart" and record["rule"] in TOASCII:
        return "Prosody does not apply ToASCII to domain names"
    if record["rule"] == "empty" and "" in theirs:
        return "Prosody lets a part be prepared to nothing"
    if record["rule"] == "prep-bidi" and is_new(s):
        return DIRECTION
    return None


def why_laxer(s, record):
    """Why Prosody alone refuses S."""
    if max(len(x) for x in s.encode().split(b"/")) > 1023:
        return "Prosody measures a part before it is prepared"
    if is_rtl(record["domain"]):
        return "Prosody applies the bidi rule to the name, not to each label"
    return DIRECTION if is_new(s) else None


def why_different(name, theirs, ours):
    """Why a part valid for both has two normal forms."""
    if name == "domain":
        if theirs == ours.lower() and ours.startswith("["):
            return "the case of an IP literal"
        theirs = theirs.replace("\u3002", ".").split(".")
        ours = ours.split(".")
        if len(theirs) == len(ours) and all(
                t in (o, "xn--" + o.encode("punycode").decode())
                for t, o in zip(theirs, ours)):
            return "Prosody leaves A-labels and U+3002 as they are"
    # Unicode's corrigendum 5: a blocked composition.  RFC 3454 normalizes by
    # Unicode 3.2, which libidn does to the letter; ICU has the correction.
    if unicodedata.normalize("NFD", theirs) in (
            "\u0b47\u0300\u0b3e\u0323", "\u1100\u0300\u1161\u0323"):
        return "libidn normalizes as Unicode 3.2 did before corrigendum 5"
    return None


def explain(s, theirs, record):
    valid = record["verdict"] == "valid"
    if theirs[1] is None:
        return why_laxer(s, record) if valid else "same"
    if not valid:
        return why_stricter(s, theirs, record)
    for name, t in zip(("local", "domain", "resource"), theirs):
        if t != record[name]:
            return why_different(name, t, record[name])
    return "same"


def main(inputs, records, prosody):
    with open(inputs, "rb") as f:
        inputs = f.read().split(b"\0")[:-1]
    with open(records, encoding="utf-8", newline="\n") as f:
        records = [json.loads(line) for line in f]
    with open(prosody, encoding="ascii") as f:
        prosody = [[part(h) for h in line.rstrip("\n").split("\t")] for line in f]
    assert len(inputs) == len(records) == len(prosody)
    count = collections.Counter()
    for s, record, theirs in zip(inputs, records, prosody):
        why = explain(s.decode(errors="replace"), theirs, record)
        if why is None:
            print("unexplained:", s, theirs, record)
        count[why] += 1
    for why, n in count.most_common():
        print(n, why)
    sys.exit(count[None] > 0 or count["same"] < 2500)


main(*sys.argv[1:])
