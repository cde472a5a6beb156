#!/bin/bash
# Restores a backup of infra/backup.sh into a system that has no data yet, and verifies it.
#
#   infra/restore.sh <folder of the backup>                       into the project of .env: after a loss
#   infra/restore.sh <folder of the backup> --beside <project>    into a project of its own: a rehearsal
#
# Starts Redis, Postgres, session services and persisters, but no gateways. Calls that were in progress end after 45 s, and
# are persisted as far as they were in the backup. When nothing is left to persist, every archive is folded again and
# compared with its row. Then: erasures since the backup (turnlog erase --reapply), and docker compose up -d.
set -euo pipefail
usage='usage: infra/restore.sh <folder of the backup> [--beside <project>]'
[ $# -eq 1 ] || { [ $# -eq 3 ] && [ "$2" = --beside ]; } || { echo "$usage" >&2; exit 1; }
folder=$(realpath "$1")
cd "$(dirname "$0")/.."
SETTLED_WITHIN_SECONDS=600

if [ $# -eq 3 ]; then
  export COMPOSE_PROJECT_NAME=$3
  # Two systems cannot have the same addresses.
  export EDGE_SUBNET=172.30.251.0/24 EDGE_DYNAMIC_RANGE=172.30.251.128/25 BALANCER_ADDRESS=172.30.251.2
fi

say() { echo "$(date +%T) $*" >&2; }

fail() {
  echo "$*" >&2
  exit 1
}

main() {
  (cd "$folder" && sha256sum --check --quiet checksums)
  [ -z "$(docker compose ps --all --quiet)" ] ||
    fail 'This project has containers: remove them, and their data, with "docker compose down --volumes", or restore beside it.'

  say 'restoring Redis'
  docker compose run --rm --no-deps -T redis sh -c "$WRITE_REDIS" < "$folder/redis.rdb"
  say 'restoring Postgres'
  docker compose up -d --wait redis redis-audio postgres
  docker compose exec -T postgres pg_restore -U turnlog -d turnlog --exit-on-error < "$folder/postgres.dump"
  docker compose run --rm --no-deps -T migrate

  say 'persisting what was not in Postgres yet; calls that were in progress end after 45 s'
  docker compose up -d session persister
  sleep 50
  until_settled
  say 'verifying'
  docker compose run --rm --no-deps -T turnlog verify --all
  say 'restored and verified'
}

# The copy becomes the base of an append-only file. A volume that has one already is left alone.
WRITE_REDIS='set -eu
  [ ! -e /data/appendonlydir ] || { echo "The volume of Redis has data already." >&2; exit 1; }
  mkdir -m 700 /data/appendonlydir.new && cd /data/appendonlydir.new
  cat > appendonly.aof.1.base.rdb
  redis-check-rdb appendonly.aof.1.base.rdb > /dev/null
  echo "file appendonly.aof.1.base.rdb seq 1 type b" > appendonly.aof.manifest
  sync appendonly.aof.1.base.rdb appendonly.aof.manifest
  mv /data/appendonlydir.new /data/appendonlydir'

until_settled() {
  local deadline=$((SECONDS + SETTLED_WITHIN_SECONDS))
  until is_settled; do
    [ $SECONDS -lt $deadline ] || fail 'Calls still wait to be persisted: see "docker compose logs persister".'
    sleep 2
  done
}

# Whether no call waits, by the metrics of a persister. The lag is absent if Redis cannot tell it; the age is not.
is_settled() {
  local waiting
  waiting=$(docker compose exec -T persister node infra/docker/healthcheck.mjs http://127.0.0.1:8082/metrics |
    awk '/^persist_feed_(lag|pending)_entries[ {]/ { sum += $NF }
      /^calls_unpersisted_oldest_age_seconds[ {]/ { sum += $NF; isKnown = 1 }
      END { print isKnown ? sum : "unknown" }')
  [ "$waiting" = 0 ]
}

main
