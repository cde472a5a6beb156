#!/bin/sh
# redis-cli as the user for maintenance, who may inspect the server and copy its data (users.sh):
#   docker compose exec redis sh /etc/turnlog/cli.sh client list
set -eu
REDISCLI_AUTH="$REDIS_MAINTENANCE_PASSWORD" exec redis-cli --user maintenance --no-auth-warning "$@"
