"""The ten most frequent words of the files named, with collections.Counter."""
import re
import sys
from collections import Counter

counts = Counter()
for path in sys.argv[1:]:
    with open(path, "rb") as f:
        counts.update(re.findall(rb"[a-z]+", f.read().lower()))
for word, n in sorted(counts.items(), key=lambda e: (-e[1], e[0]))[:10]:
    print(n, word.decode())
