// What docker-compose.yml reads of its environment and no service has as a setting of its own.
const COMPOSE_ONLY = {
  PORT: 'The port on which calls and agents reach the gateways.',
  POSTGRES_PASSWORD:
    'The password of the superuser. Passwords become part of a URL: letters, digits, - and _ only.',
  POSTGRES_OWNER_PASSWORD: 'The password of the owner of the tables, which migrates them.',
  POSTGRES_PERSISTER_PASSWORD: 'The password of the persisters.',
  POSTGRES_RECONCILER_PASSWORD: 'The password of the reconcilers.',
  POSTGRES_READER_PASSWORD: 'The password of a reader of the records.',
  POSTGRES_ERASER_PASSWORD: 'The password of the commands of `docker compose run turnlog`.',
  REDIS_GATEWAY_PASSWORD: 'The password of the gateways.',
  REDIS_SESSION_PASSWORD: 'The password of the session services.',
  REDIS_PERSISTER_PASSWORD: 'The password of the persisters.',
  REDIS_RECONCILER_PASSWORD: 'The password of the reconcilers.',
  REDIS_OPERATOR_PASSWORD: 'The password of the commands of `docker compose run turnlog`.',
  ERASURE_KEY:
    'Names erased people in the ledger, at least 16 characters. Never change it: an erasure could not be applied again after a restore.',
  PHONE_REGION: 'Numbers without a country code are of this country, for `turnlog erase --phone`.',
  BALANCER_ADDRESS: 'The address of the load balancer in its network.',
  EDGE_SUBNET: 'The network of the load balancer: change it if another network has the same addresses.',
  EDGE_DYNAMIC_RANGE: 'The part of that network for other containers.',
  GATEWAY_STOP_GRACE:
    'When a gateway that stops is killed: at least half a minute after `DRAIN_DEADLINE_MS`.',
  EXOTEL_TENANT: 'The tenant whose Exotel account it is.',
  AUDIO_OPERATOR_REDIS_URL: 'The Redis of the audio, for the commands of `docker compose run turnlog`.',
};

const HEAD = `# Generated from docker-compose.yml and the services' schemas by \`npm run settings\`.
# Settings of \`docker compose\`: copy to .env and change what you need. All have defaults, shown here. The passwords are
# for development: change them before anything but your own machine can reach this. All settings: docs/settings.md
`;

const VARIABLE = /\$\{(\w+):-((?:[^{}$]*)(?:\$\{(\w+):-([^{}]*)\}[^{}]*)?)\}/g;

/** .env.example: each variable of the compose file with its default there and its meaning. */
export function composeExample(compose, services) {
  const settings = services.flatMap((service) => service.settings);
  const meanings = new Map([
    ...settings.map((each) => [each.name, each.meaning]),
    ...Object.entries(COMPOSE_ONLY),
  ]);
  const order = [...new Set([...Object.keys(COMPOSE_ONLY), ...meanings.keys()])];
  const defaults = defaultsOf(compose);
  const unknown = [...defaults.keys()].find((name) => !meanings.has(name));
  if (unknown)
    throw new Error(
      `docker-compose.yml reads ${unknown}: say what it means in scripts/settings/compose-example.mjs.`,
    );
  const entries = order
    .filter((name) => defaults.has(name))
    .map((name) => {
      const value = defaults.get(name);
      // A default that is made of other variables can't be written here.
      const line = value.includes('$') ? `#${name}=` : `${name}=${value}`;
      return `\n# ${meanings.get(name).replaceAll('`', '')}\n${line}\n`;
    });
  return `${HEAD}${entries.join('')}`;
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
