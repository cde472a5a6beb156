#!/bin/sh
# Prints the users of Redis (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/), one for each
# service, each with the commands and keys that it needs and no others. Passwords come from the environment and leave as
# SHA-256, so that the file that is made of this holds none. A command that a script calls is checked as well.
#
# users.sh        the users of the Redis that holds the logs
# users.sh audio  those of one that holds audio alone
set -eu

if env | grep -q '^REDIS_.*_PASSWORD=turnlog-dev$'; then
  echo 'WARNING: users of Redis have the default password; set the REDIS_…_PASSWORDs in .env' >&2
fi

prefix="${KEY_PREFIX:-tl:}"
# One partition's keys: `tl:{p07}:…`.
part="${prefix}{p*}:"

# A user, and the hash of the password in the variable of that name.
user() {
  eval "password=\${$2:?$2 is not set: each user of Redis needs a password of its own}"
  printf 'user %s on #%s' "$1" "$(printf %s "$password" | sha256sum | cut -d' ' -f1)"
}

connecting='+ping +hello +client|setname +client|id +info +time'
# Redis 7.0 does not know this command, and would refuse the whole file; needed for DURABILITY=disk alone.
since_7_2="${REDIS_SINCE_7_2-+waitaof}"
feed_reading='+xgroup|create +xgroup|delconsumer +xreadgroup +xautoclaim +xpending +xclaim +xack +xdel +xrange +xlen'
feed_reading="$feed_reading +xinfo|groups +xinfo|consumers"

# No access without a name: the default user is off, and has no password. It has every right all the same:
# Redis reads its file as this user at a start, and would skip, and lose, a transaction with anything that it
# may not do (https://github.com/redis/redis/issues/14541).
echo 'user default off resetpass allkeys allchannels +@all'
# Health checks only need PING.
echo 'user health on nopass resetkeys resetchannels -@all +ping'

# For a person: inspects the server, and copies its data for a backup (infra/backup.sh), so it is as secret as
# the data. Changes nothing.
echo "$(user maintenance REDIS_MAINTENANCE_PASSWORD) resetkeys resetchannels -@all $connecting +client|list +acl|log" \
  "+acl|whoami +slowlog|get +latency|latest +memory|stats +config|get +command|docs +replconf +psync +sync"

# Writes audio: INFO returns the memory use to its script.
audio_writing="+eval +evalsha +info +xadd +xrevrange +pexpire +pttl ~${part}call:*:audio"
if [ "${1:-}" = audio ]; then
  echo "$(user gateway REDIS_GATEWAY_PASSWORD) resetchannels -@all $connecting $audio_writing"
  # Reads audio, and deletes it.
  echo "$(user operator REDIS_OPERATOR_PASSWORD) resetchannels -@all $connecting +command" \
    "+@read +scan +del +unlink -@dangerous +info ~${part}call:*:audio"
  exit
fi

# Appends to logs and feeds; never deletes from either, and cannot read dead letters.
echo "$(user gateway REDIS_GATEWAY_PASSWORD) resetchannels -@all $connecting" \
  "+eval +evalsha +wait $since_7_2 +hget +hmget +hset +hsetnx +hdel +zscore +zadd +zrem +xadd +xrange +persist" \
  "~${part}call:* ~${part}activity ~${part}persist ~${part}live" \
  "(+set ~${prefix}durability) ($audio_writing) (+hget +hgetall %R~${prefix}tenants)" \
  "(+eval +evalsha +zadd +zrem +zcard +zrangebyscore +zremrangebyscore +pexpire ~${prefix}calls-of:*)" \
  "(+eval +hincrby +hgetall +hdel +pexpire ~${prefix}bytes-of:*) (+set +getdel ~${prefix}stream-token:*)" \
  "(+set +get ~${prefix}call-of-stream:*)"

# Folds and saves the live state, appends the ends of lost calls, requests checkpoints.
echo "$(user session REDIS_SESSION_PASSWORD) resetchannels -@all $connecting $feed_reading" \
  "+eval +evalsha +hget +hmget +hgetall +hset +hsetnx +hdel +llen +rpush +pttl +pexpire +persist" \
  "+xadd +zadd +zrem +zscore +zrangebyscore" \
  "~${part}call:* ~${part}activity ~${part}persist ~${part}live ~${part}checkpoints" \
  "(+del ~${part}call:*:session ~${part}call:*:turns) (+xlen %R~${part}dead) (+publish &${prefix}changes)" \
  "(+zadd +zrange +zrem ~${prefix}replicas:activity)"

# Reads logs, commits and releases calls, writes dead letters. Of a log it changes only the expiry. It finds
# calls by the names of all keys. A script needs its keys as a whole; its use of each is checked command by
# command.
echo "$(user persister REDIS_PERSISTER_PASSWORD) resetchannels -@all $connecting $feed_reading" \
  "+hget +hgetall +hmget +hset +hdel +hincrby +hexists +pexpire +persist +exists +type +scan ~${part}call:* ~${part}persist" \
  "(+eval +evalsha ~${part}call:* ~${part}persist ~${part}live ~${part}dead ~${prefix}tenants)" \
  "(+zscore %R~${part}live) (+xadd ~${part}persist) (+xadd +xrange +xlen ~${part}dead) (+hget +hgetall +hset ~${prefix}tenants)" \
  "(+zadd +zrange +zrem ~${prefix}replicas:persist)"

# Appends the carrier's answers.
echo "$(user reconciler REDIS_RECONCILER_PASSWORD) resetchannels -@all $connecting" \
  "+eval +evalsha +hget +hmget +hset +hsetnx +hdel +zscore +zadd +zrem +xadd +xrange +persist" \
  "~${part}call:* ~${part}activity ~${part}persist ~${part}live"

# The turnlog command: reads all of Turnlog's keys, replays dead letters, erases calls. No commands for the
# server itself.
echo "$(user operator REDIS_OPERATOR_PASSWORD) resetchannels -@all $connecting +command" \
  "+@read +@hash +@stream +@sortedset +@list +set +scan +del +unlink +pexpire +persist +subscribe +unsubscribe +publish" \
  "-@dangerous +eval +evalsha +info ~${prefix}* &${prefix}*"
