#!/bin/sh
# Ends the append-only file in a folder of Redis, which must not run, before a transaction that has no end, as a loss of
# power may leave one. Redis drops the command that was cut and not the transaction: what it then appends belongs to that,
# and part of it is gone when Redis is started a second time (https://github.com/valkey-io/valkey/pull/4342).
#   sh drop-open-transaction.sh /data/appendonlydir
# Needs the grep and the coreutils of GNU, and the right to write the file.
set -eu

# The last incremental file in the manifest, to which Redis appends.
[ -f "$1/appendonly.aof.manifest" ] || exit 0
name=$(sed -n 's/^file \([^ ]*\) seq [0-9]* type i.*/\1/p' "$1/appendonly.aof.manifest" | tail -n 1)
log="$1/$name"
[ -f "$log" ] || exit 0

# More than the largest transaction.
tail_bytes=67108864
size=$(stat -c %s "$log")
from=$((size > tail_bytes ? size - tail_bytes : 0))

# Where the last command of one word begins, -1 if there is none: a value may contain the same word, so the
# text before and after it counts as well.
last() {
  # Without the point the shell would remove the line end.
  command=$(printf '*1\r\n$%d\r\n%s\r\n.' "${#1}" "$1")
  length=$((${#command} - 1))
  for at in $(tail -c +$((from + 1)) "$log" | LC_ALL=C grep -abx "$1$(printf '\r')" | cut -d: -f1 | sort -rn); do
    begin=$((from + at - 8))
    found=$(tail -c +$((begin + 1)) "$log" | head -c "$length" | tr -d '\0' && printf .)
    if [ "$found" = "$command" ]; then
      echo "$begin"
      return
    fi
  done
  echo -1
}

multi=$(last MULTI)
[ "$multi" -gt "$(last EXEC)" ] || exit 0

truncate -s "$multi" "$log"
sync "$log"
echo "dropped a transaction without an end: $((size - multi)) bytes of $log"
