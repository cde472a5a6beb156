#!/bin/sh
# Ends the append-only file in a folder before a transaction that has no end, as a loss of power may leave one. Redis
# drops the command that was cut and not the transaction: what it then appends belongs to that, and part of it is gone
# after the next start (https://github.com/valkey-io/valkey/pull/4342).
#   sh drop-open-transaction.sh /data/appendonlydir
set -eu

# The file to which Redis appends; its number grows with each rewrite.
log=$(ls -v "$1"/*.incr.aof 2>/dev/null | tail -n 1)
[ -n "$log" ] || exit 0

# More than the largest transaction takes.
tail_bytes=67108864
size=$(stat -c %s "$log")
from=$((size > tail_bytes ? size - tail_bytes : 0))

# Where the last line of this word begins, -1 where there is none.
last() {
  at=$(tail -c +$((from + 1)) "$log" | LC_ALL=C grep -abx "$1$(printf '\r')" | tail -n 1 | cut -d: -f1)
  echo $((from + ${at:--1 - from}))
}

multi=$(last MULTI)
[ "$multi" -gt "$(last EXEC)" ] || exit 0

# `*1` and `$5`, each with its line end, stand before the word.
truncate -s $((multi - 8)) "$log"
echo "dropped a transaction without an end: $((size - multi + 8)) bytes of $log"
