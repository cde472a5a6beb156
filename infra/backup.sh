#!/bin/bash
# Copies a running system's Redis and Postgres into a new folder. Services continue meanwhile.
#
#   infra/backup.sh /srv/backups        writes /srv/backups/turnlog-<time>/{redis.rdb,postgres.dump,checksums}
#
# Redis is copied first: what is in both copies is written again at a restore and found to be stale. A call that is
# persisted between two copies in the other order would be in neither. Redis sends its copy as it would to a replica, so a
# rewrite of its append-only file does not disturb it.
#
# The folder contains what was said: encrypt it, and delete it when its time is over.
set -euo pipefail
umask 077
[ $# -eq 1 ] || { echo 'usage: infra/backup.sh <folder>' >&2; exit 1; }
parent=$(realpath "$1")
cd "$(dirname "$0")/.."

folder="$parent/turnlog-$(date -u +%Y%m%dT%H%M%SZ)"
mkdir -p "$folder.unfinished"
trap 'rm -rf "$folder.unfinished"' EXIT

# By way of the disk of Redis: to a pipe, redis-cli would also write the mark that ends the transfer.
COPY_REDIS='copy=/data/backup.rdb
  trap "rm -f $copy" EXIT
  sh /etc/turnlog/cli.sh --rdb $copy >&2
  redis-check-rdb $copy >&2
  cat $copy'

say() { echo "$(date +%T) $*" >&2; }

say 'copying Redis'
docker compose exec -T redis sh -euc "$COPY_REDIS" > "$folder.unfinished/redis.rdb"

say 'copying Postgres'
docker compose exec -T postgres pg_dump -U turnlog -Fc turnlog > "$folder.unfinished/postgres.dump"
docker compose exec -T postgres pg_restore --list < "$folder.unfinished/postgres.dump" > /dev/null

(cd "$folder.unfinished" && sha256sum redis.rdb postgres.dump > checksums)
sync "$folder.unfinished"/*
mv "$folder.unfinished" "$folder"
say "done: $(du -sh "$folder" | cut -f1)"
echo "$folder"
