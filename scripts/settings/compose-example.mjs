import { isPassedOn } from './compose-settings.mjs';

const urlOf = (what, service) => `The ${what} of the ${service}, if it is not that of compose.`;
const memoryOf = (service) => `The most memory of ${service}.`;
const replicasOf = (service) => `How many ${service} run.`;
const passwordOf = (user) => `The password of ${user}.`;
const OF_TURNLOG = 'the commands of `docker compose run turnlog`';

// What docker-compose.yml reads of its environment and no service has as a setting of its own.
const COMPOSE_ONLY = {
  PORT: 'The port on which calls and agents reach the gateways.',
  TLS_PORT: 'The port for TLS, with infra/tls/compose.yml.',
  TLS_CERTIFICATES:
    'With infra/tls/compose.yml: a folder of files with a certificate, its chain and its private key, in PEM.',

  GATEWAYS: replicasOf('gateways'),
  SESSIONS: replicasOf('session services'),
  PERSISTERS: replicasOf('persisters'),
  RECONCILERS: replicasOf('reconcilers'),

  POSTGRES_PASSWORD:
    'The password of the superuser. Passwords become part of a URL: letters, digits, - and _ only.',
  POSTGRES_OWNER_PASSWORD: 'The password of the owner of the tables, which migrates them.',
  POSTGRES_PERSISTER_PASSWORD: passwordOf('the persisters'),
  POSTGRES_RECONCILER_PASSWORD: passwordOf('the reconcilers'),
  POSTGRES_READER_PASSWORD: passwordOf('a reader of the records'),
  POSTGRES_ERASER_PASSWORD: passwordOf(OF_TURNLOG),
  REDIS_GATEWAY_PASSWORD: passwordOf('the gateways'),
  REDIS_SESSION_PASSWORD: passwordOf('the session services'),
  REDIS_PERSISTER_PASSWORD: passwordOf('the persisters'),
  REDIS_RECONCILER_PASSWORD: passwordOf('the reconcilers'),
  REDIS_OPERATOR_PASSWORD: passwordOf(OF_TURNLOG),
  REDIS_MAINTENANCE_PASSWORD: passwordOf('backups and of infra/redis/cli.sh'),

  ERASURE_KEY:
    'Names erased people in the ledger, at least 16 characters. Never change it: an erasure could not be applied again after a restore.',
  PHONE_REGION: 'Numbers without a country code are of this country, for `turnlog erase --phone`.',
  BALANCER_ADDRESS: 'The address of the load balancer in its network.',
  EDGE_SUBNET: 'The network of the load balancer: change it if another network has the same addresses.',
  EDGE_DYNAMIC_RANGE: 'The part of that network for other containers.',
  GATEWAY_STOP_GRACE:
    'When a gateway that stops is killed: at least half a minute after `DRAIN_DEADLINE_MS`.',
  EXOTEL_TENANT: 'The tenant whose Exotel account it is.',
  EXOTEL_CALLER_ID: 'The ExoPhone from which `turnlog call` dials.',
  EXOTEL_CONNECT_TIMEOUT_MS: 'How long `turnlog call` waits for Exotel; 45000 by default.',
  STREAM_SECRET: 'The stream secret of the tenant, for `turnlog call`.',

  GATEWAY_MEMORY: `${memoryOf('a gateway')} Node's heap is half of it.`,
  SESSION_MEMORY: memoryOf('a session service'),
  PERSISTER_MEMORY: memoryOf('a persister'),
  RECONCILER_MEMORY: memoryOf('a reconciler'),
  REDIS_MEMORY: `${memoryOf('Redis')} Twice the maxmemory of infra/redis/redis.conf.`,
  REDIS_AUDIO_MEMORY: `${memoryOf('the Redis of the audio')} More than the maxmemory of infra/redis/redis-audio.conf.`,
  POSTGRES_MEMORY: memoryOf('Postgres'),
  BALANCER_MEMORY: memoryOf('the load balancer'),
  NODE_OPTIONS: 'The options of Node in all services.',

  GATEWAY_REDIS_URL: urlOf('Redis', 'gateways'),
  SESSION_REDIS_URL: urlOf('Redis', 'session services'),
  PERSISTER_REDIS_URL: urlOf('Redis', 'persisters'),
  RECONCILER_REDIS_URL: urlOf('Redis', 'reconcilers'),
  OPERATOR_REDIS_URL: urlOf('Redis', OF_TURNLOG.slice(4)),
  AUDIO_OPERATOR_REDIS_URL: urlOf('Redis with the audio', OF_TURNLOG.slice(4)),
  MIGRATE_DATABASE_URL: urlOf('Postgres', 'migration'),
  PERSISTER_DATABASE_URL: urlOf('Postgres', 'persisters'),
  RECONCILER_DATABASE_URL: urlOf('Postgres', 'reconcilers'),
  OPERATOR_DATABASE_URL: urlOf('Postgres', OF_TURNLOG.slice(4)),
};

const HEAD = `# Generated from docker-compose.yml and the services' schemas by \`npm run settings\`.
# Settings of \`docker compose\`: copy to .env and change what you need. All have defaults. The passwords are for
# development: change them before anything but your own machine can reach this. A line that begins with # shows the
# default. After a change: infra/rolling-update.sh --no-build. Changes of a password: docs/security.md; of the load
# balancer, Redis or Postgres: docs/runbook.md. All settings, and their values: docs/settings.md
`;

const VARIABLE = /\$\{(\w+):-((?:[^{}$]*)(?:\$\{(\w+):-([^{}]*)\}[^{}]*)?)\}/g;

/** .env.example: each variable of the compose files and each setting of a service, with default and meaning. */
export function composeExample(compose, services) {
  const settings = services.flatMap((service) => service.settings);
  const meanings = new Map([
    ...settings.map((each) => [each.name, each.meaning]),
    ...Object.entries(COMPOSE_ONLY),
  ]);
  const lines = linesOf(defaultsOf(compose), settings);
  const unknown = [...lines.keys()].find((name) => !meanings.has(name));
  if (unknown)
    throw new Error(
      `docker-compose.yml reads ${unknown}: say what it means in scripts/settings/compose-example.mjs.`,
    );
  const order = [...new Set([...Object.keys(COMPOSE_ONLY), ...meanings.keys()])];
  const entries = order
    .filter((name) => lines.has(name))
    .map((name) => `\n# ${meanings.get(name).replaceAll('`', '')}\n${lines.get(name)}\n`);
  return `${HEAD}${entries.join('')}`;
}

/** The line of each variable. The default of a service counts where compose has none. */
function linesOf(composeDefaults, settings) {
  const lines = new Map();
  for (const setting of settings.filter(({ name }) => isPassedOn(name))) {
    lines.set(setting.name, `#${setting.name}=${/`([^`]*)`/.exec(setting.default)?.[1] ?? ''}`);
  }
  for (const [name, value] of composeDefaults) {
    // A default that is made of other variables can't be written here.
    if (value !== '' && !value.includes('$')) lines.set(name, `${name}=${value}`);
    else if (!lines.has(name)) lines.set(name, `#${name}=`);
  }
  return lines;
}

/** The default in each `${NAME:-default}`, which may hold another variable. */
function defaultsOf(compose) {
  const defaults = new Map();
  for (const [, name, value, inner, innerValue] of compose.matchAll(VARIABLE)) {
    defaults.set(name, value);
    if (inner && !defaults.has(inner)) defaults.set(inner, innerValue);
  }
  return defaults;
}
