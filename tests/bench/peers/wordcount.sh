#!/bin/sh
# The ten most frequent words of the files named, with tr and mawk.
export LC_ALL=C
cat "$@" | tr -cs A-Za-z '\n' | tr A-Z a-z | mawk '$0 != "" { n[$0]++ } END { for (w in n) print n[w], w }' |
    sort -k1,1nr -k2,2 | head -n 10
