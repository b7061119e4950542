"""The rows of tests/data/jid/*.tsv for a shell: inputs and what is expected.

    jid-rows.py split DIR       write DIR/nul, inputs ended by NUL, and DIR/line,
                                those with a NUL in them, ended by newlines;
                                and the rows to DIR/nul.rows and DIR/line.rows
    jid-rows.py compare ROWS RECORDS TEXT
                                compare the rows with the JSON records and the
                                text that jid-check printed for them (TEXT
                                ended by NUL or newlines as the inputs were)

Rows of certainty "open" are run but not counted.
"""
import glob
import json
import pickle
import re
import sys


def unescape(field):
    def one(m):
        e = m.group(1)
        if e[0] in "uU":
            return chr(int(e[1:], 16)).encode("utf-8", "surrogatepass")
        if e[0] == "x":
            return bytes([int(e[1:], 16)])
        return {"t": b"\t", "n": b"\n", "r": b"\r"}.get(e, e.encode())

    out, at = b"", 0
    for m in re.finditer(
            r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", field):
        out += field[at:m.start()].encode() + one(m)
        at = m.end()
    return out + field[at:].encode()


def rows():
    for name in sorted(glob.glob("tests/data/jid/*.tsv")):
        with open(name, encoding="utf-8", newline="\n") as f:
            for line in f:
                field = line.rstrip("\n").split("\t")
                if not line.startswith("#") and field[0] != "id":
                    yield field


def split(where):
    lists = {b"\0": [], b"\n": []}
    for field in rows():
        s = unescape(field[2])
        lists[b"\n" if b"\0" in s else b"\0"].append((field, s))
    for end, name in ((b"\0", "nul"), (b"\n", "line")):
        with open(f"{where}/{name}", "wb") as f:
            f.write(b"".join(s + end for _, s in lists[end]))
        with open(f"{where}/{name}.rows", "wb") as f:
            pickle.dump([field for field, _ in lists[end]], f)


def differs(field, record):
    """What is wrong with the record for a row, or None."""
    if record["verdict"] != field[1]:
        return f"{record['verdict']}: {record['message']}"
    if field[1] == "invalid":
        return None if record["rule"] and record["message"] else "no reason"
    for want, name in zip(field[3:6], ("local", "domain", "resource")):
        got = record[name]
        if want == "\\?":
            if not got:
                return f"no {name}"
        elif unescape(want).decode() != (got or ""):
            return f"{name} is {got!r}"
    return None


def normal(record):
    s = record["domain"]
    if record["local"]:
        s = record["local"] + "@" + s
    if record["resource"]:
        s += "/" + record["resource"]
    return s


def compare(rows_file, records_file, text_file):
    with open(rows_file, "rb") as f:
        fields = pickle.load(f)
    with open(records_file, encoding="utf-8", newline="\n") as f:
        records = [json.loads(line) for line in f]
    with open(text_file, "rb") as f:
        text = f.read()
    bad = 0
    if len(fields) != len(records):
        sys.exit(f"{len(records)} records for {len(fields)} rows")
    for field, record in zip(fields, records):
        why = differs(field, record)
        if why and not field[8].startswith("open"):
            print(f"{field[0]}: want {field[1]}, got {why}")
            bad += 1
        if record["verdict"] == "valid" and record["normal"] != normal(record):
            print(f"{field[0]}: normal form {record['normal']!r}")
            bad += 1
    end = "\n" if rows_file.endswith("line.rows") else "\0"
    if text.decode() != "".join(
            r["normal"] + end for r in records if r["verdict"] == "valid"):
        print("the text is not what the records say")
        bad += 1
    print(f"{len(fields)} rows, {bad} wrong")
    sys.exit(bad > 0)


{"split": split, "compare": compare}[sys.argv[1]](*sys.argv[2:])
