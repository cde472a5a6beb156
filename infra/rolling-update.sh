#!/bin/bash
# Updates a running system, one container at a time: builds the image, migrates the database, then replaces every
# container of the services. A new container is started and ready before an old one stops, so there is always a gateway.
# A gateway that stops lets its calls end for DRAIN_DEADLINE_MS (five minutes, if .env has no other), and exits earlier
# when the last one ended; then it ends the rest.
#
#   infra/rolling-update.sh                      after a change of code or of .env
#   infra/rolling-update.sh --no-build           after a change of .env alone, or back to turnlog:previous
#   infra/rolling-update.sh stream-gateway       only this service
#
# It can be run again after it was interrupted. Redis and Postgres are not replaced: see docs/runbook.md.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

exec 9< infra/rolling-update.sh
flock --nonblock 9 || { echo 'Another update is running.' >&2; exit 1; }

READY_WITHIN_SECONDS=120
declare -A READINESS_PORTS=([stream-gateway]=8084 [session]=8081 [persister]=8082 [reconciler]=8083)

main() {
  local build=yes
  if [ "${1:-}" = --no-build ]; then
    build=no
    shift
  fi
  local services=("$@")
  [ $# -gt 0 ] || services=(session persister reconciler stream-gateway)
  for service in "${services[@]}"; do
    [ -n "${READINESS_PORTS[$service]:-}" ] || fail "\"$service\" is not one of: ${!READINESS_PORTS[*]}."
  done

  if [ "$build" = yes ]; then
    say 'building the image'
    docker compose build --quiet
    keep_previous_image "${services[@]}"
  fi
  say 'migrating the database'
  docker compose run --rm --no-deps -T migrate
  # `up` starts it once more, as the services depend on it: of the new image.
  docker compose rm --force migrate > /dev/null
  reload_balancer
  for service in "${services[@]}"; do replace_all "$service"; done
  say 'done'
}

# Of the services that are replaced last: if an update was interrupted, these still have the version before it.
keep_previous_image() {
  local new running id image index
  new=$(docker image inspect --format '{{.Id}}' turnlog:local)
  for ((index = $#; index > 0; index--)); do
    running=$(docker compose ps --quiet "${!index}")
    for id in $running; do
      image=$(docker inspect --format '{{.Image}}' "$id")
      [ "$image" != "$new" ] || continue
      docker tag "$image" turnlog:previous
      say 'the image that ran until now is turnlog:previous'
      return
    done
  done
}

# Takes a changed haproxy.cfg into use; sockets that are open stay with the process that has them.
reload_balancer() {
  [ -n "$(docker compose ps --quiet load-balancer)" ] || return 0
  docker compose exec -T load-balancer haproxy -c -f /usr/local/etc/haproxy/haproxy.cfg
  docker compose kill -s USR2 load-balancer
}

replace_all() {
  local service=$1 running old new
  local -a olds=()
  # Removes what an interrupted update left.
  docker compose rm --force "$service" > /dev/null
  running=$(docker compose ps --quiet "$service")
  [ -z "$running" ] || mapfile -t olds <<< "$running"
  for old in "${olds[@]}"; do
    new=$(start_another "$service" "${#olds[@]}")
    until_ready "$service" "$new"
    say "$service: ${new:0:12} is ready; stopping ${old:0:12}"
    docker stop "$old" > /dev/null
    docker rm "$old" > /dev/null
  done
  # As many as .env has, if that has changed.
  docker compose up -d --no-recreate --no-build "$service"
}

# Starts one container more than there were, and prints its id. Not with --no-deps: to compose that is another
# configuration, and the next `up` would replace all of them at once.
start_another() {
  local service=$1 count=$2 before
  before=$(docker compose ps --quiet "$service" | sort)
  docker compose up -d --no-recreate --no-build --scale "$service=$((count + 1))" "$service" >&2
  comm -13 <(echo "$before") <(docker compose ps --quiet "$service" | sort)
}

until_ready() {
  local service=$1 id=$2 deadline=$((SECONDS + READY_WITHIN_SECONDS))
  until is_ready "$service" "$id"; do
    [ $SECONDS -lt $deadline ] || fail "$service: ${id:0:12} is not ready; the old containers still run: docker logs ${id:0:12}"
    sleep 1
  done
}

is_ready() {
  answers_ready "$@" || return 1
  [ "$1" != stream-gateway ] || does_balancer_know_all
}

answers_ready() {
  local service=$1 id=$2
  local url="http://127.0.0.1:${READINESS_PORTS[$service]}/readyz"
  docker exec "$id" node infra/docker/healthcheck.mjs "$url" > /dev/null 2>&1
}

# Whether the load balancer sends calls to every gateway that is ready. The old ones may not be, such as after their
# password of Redis was changed.
does_balancer_know_all() {
  local known ready=0 id
  [ -n "$(docker compose ps --quiet load-balancer)" ] || return 0
  for id in $(docker compose ps --quiet stream-gateway); do
    ! answers_ready stream-gateway "$id" || ready=$((ready + 1))
  done
  known=$(docker compose exec -T load-balancer bash -c \
    'exec 3<>/dev/tcp/127.0.0.1/8404 && printf "GET /ready-gateways HTTP/1.0\r\n\r\n" >&3 && tail -n 1 <&3')
  [ "${known:-0}" -ge "$ready" ]
}

say() { echo "$(date +%T) $*" >&2; }

fail() {
  echo "$*" >&2
  exit 1
}

# In one line: the file may change while it runs, such as by a git pull. Not with &&, before which set -e has no effect.
main "$@"; exit
