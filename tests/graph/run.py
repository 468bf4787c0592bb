"""Task graphs: NAME.dfl with NAME.dot and NAME.json beside it, and an SVG that is XML with every
node and edge in it."""
import json
import os
import re
import xml.etree.ElementTree as xml

from harness import Case, fail, files, same


def drawn(place, dfl, path, wanted):
    out = os.path.join(place.work, os.path.basename(wanted))
    place.run([dfl, "graph", os.path.basename(path), "-o", out], cwd=os.path.dirname(path), status=0)
    same(open(out, encoding="utf-8").read(), open(wanted, encoding="utf-8").read())


def svg(place, dfl, path):
    out = os.path.join(place.work, "out.svg")
    place.run([dfl, "graph", os.path.basename(path), "-o", out], cwd=os.path.dirname(path), status=0)
    place.run([dfl, "graph", os.path.basename(path), "-o", out + ".json"], cwd=os.path.dirname(path),
              status=0)
    graph = json.load(open(out + ".json", encoding="utf-8"))
    tree = xml.parse(out).getroot()
    space = "{http://www.w3.org/2000/svg}"
    groups = [g.get("class") for g in tree.iter(space + "g")]
    counts = (groups.count("node"), groups.count("edge"))
    if counts != (len(graph["nodes"]), len(graph["edges"])):
        fail("%d nodes and %d edges drawn, wanted %d and %d" % (counts + (len(graph["nodes"]),
                                                                         len(graph["edges"]))))
    text = " ".join(t.text or "" for t in tree.iter(space + "text"))
    for node in graph["nodes"]:
        if not re.search(r"(^| )%s( |$)" % re.escape(node["name"]), text):
            fail("%s is not in the drawing" % node["name"])


def cases(dfl):
    for path, name in files("graph", ".dfl"):
        for ending in (".dot", ".json"):
            if os.path.exists(path[:-4] + ending):
                yield Case("graph/%s%s" % (name[:-4], ending),
                           lambda p, f=path, w=path[:-4] + ending: drawn(p, dfl, f, w))
        if os.path.exists(path[:-4] + ".dot"):
            yield Case("graph/%s.svg" % name[:-4], lambda p, f=path: svg(p, dfl, f))
