"""The example stanzas of XEPs, as a stream and as what must be in it.

  xeps.py make DIR STREAM WANT    writes STREAM, raw XML, and WANT, a line of
                                  Python for the infoset of each element
  xeps.py compare WANT LINES      whether the LINES have the same infosets

An example counts if it is well-formed, namespaces included, where a client's
stream is around it, and has no comment or processing instruction (RFC 6120
11.1 forbids them)."""
import glob, html, os, re, sys
from xml.parsers import expat

HEAD = (b"<stream:stream xmlns='jabber:client' "
        b"xmlns:stream='http://etherx.jabber.org/streams'>")


class Stop(Exception):
    pass


def trees(data, base):
    """Infoset and bytes of the elements at depth BASE."""
    out, stack, depth, start, empty = [], [], [0], [0], [False]
    p = expat.ParserCreate('UTF-8', namespace_separator=' ')
    p.buffer_text = True

    def on_start(name, attrs):
        if depth[0] == base:
            start[0] = p.CurrentByteIndex
        if depth[0] >= base:
            stack.append([name, tuple(sorted(attrs.items())), []])
        depth[0] += 1
        empty[0] = True

    def on_end(name):
        depth[0] -= 1
        was_empty, empty[0] = empty[0], False
        if depth[0] < base:
            return
        t = stack.pop()
        t = (t[0], t[1], tuple(t[2]))
        if stack:
            stack[-1][2].append(t)
        else:
            end = p.CurrentByteIndex
            # Behind an empty element, else at the end tag.
            if not (was_empty and data[end - 2:end] == b'/>'):
                end = data.index(b'>', end) + 1
            out.append((t, data[start[0]:end]))

    def on_text(s):
        empty[0] = False
        if stack:
            kids = stack[-1][2]
            if kids and isinstance(kids[-1], str):
                kids[-1] += s
            else:
                kids.append(s)

    def stop(*_):
        raise Stop

    p.StartElementHandler, p.EndElementHandler = on_start, on_end
    p.CharacterDataHandler = on_text
    p.CommentHandler = p.ProcessingInstructionHandler = stop
    p.StartDoctypeDeclHandler = stop
    p.Parse(data, True)
    return out


def examples(directory):
    for path in sorted(glob.glob(os.path.join(directory, '*.xml'))):
        text = open(path, encoding='utf-8').read()
        for m in re.finditer(r'<example\b[^>]*>(.*?)</example>', text, re.S):
            body = m.group(1).strip()
            c = re.fullmatch(r'<!\[CDATA\[(.*)\]\]>', body, re.S)
            yield c.group(1) if c else html.unescape(body)


def make(directory, stream, want):
    kept = left = 0
    with open(stream, 'wb') as s, open(want, 'w', encoding='utf-8') as w:
        s.write(HEAD)
        for e in examples(directory):
            try:
                found = trees(HEAD + e.encode() + b'</stream:stream>', 1)
            except (expat.ExpatError, Stop):
                left += 1
                continue
            for tree, raw in found:
                # These three begin a stream or end one.
                if re.search(r'/streams stream$|-sasl success$|-tls proceed$',
                             tree[0]):
                    continue
                s.write(raw + b'\n')
                w.write(repr(tree) + '\n')
                kept += 1
        s.write(b'</stream:stream>')
    print('%d elements; %d examples are no XML by themselves' % (kept, left))
    return 0 if kept > 0 else 1


def compare(want, lines):
    want = open(want, encoding='utf-8').read().splitlines()
    lines = open(lines, 'rb').read().split(b'\n')[:-1]
    bad = len(want) != len(lines)
    if bad:
        print('%d lines for %d elements' % (len(lines), len(want)))
    for w, line in zip(want, lines):
        if repr(trees(line, 0)[0][0]) != w:
            print('want %s\n got %r' % (w, line))
            bad = True
    return bad


if __name__ == '__main__':
    sys.exit({'make': make, 'compare': compare}[sys.argv[1]](*sys.argv[2:]))
