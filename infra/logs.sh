#!/bin/bash
# The JSON lines of the services' logs, for jq; options and services as of `docker compose logs`:
#   infra/logs.sh --since 1h persister | jq -r 'select(.level >= 40) | .msg'
set -euo pipefail
cd "$(dirname "$0")/.."
# Some versions of compose begin each line with a control sequence, and Redis and Postgres log plain text.
docker compose logs --no-log-prefix "$@" | sed -un 's/^[^{]*\({.*}\)$/\1/p'
