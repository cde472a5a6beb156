// What docker-compose.yml fixes, and why it cannot be set in .env.
const FIXED_IN_COMPOSE = {
  HOST: 'the load balancer must reach it',
  PORT: 'PORT in .env is the port of the load balancer',
  HEALTH_HOST: 'the load balancer and Prometheus must reach it',
  HEALTH_PORT: 'the health checks and the load balancer name it',
  INSTANCE: 'the name of the container, which is different for each replica',
  SPOOL_DIR: 'the folder of the volume',
};

// What has another name in .env, such as GATEWAY_REDIS_URL, because each service has a user of its own.
const OTHER_NAME_IN_COMPOSE = ['REDIS_URL', 'DATABASE_URL'];

const HEAD = `# Generated from the services' schemas by \`npm run settings\`: passes each setting on from .env, if it is set there.
# docker-compose.yml extends these services, and its own values take precedence.
services:
`;

/** infra/compose/settings.yml: a variable without a value has the one of .env, or is not set. */
export function composeSettings(services) {
  const blocks = services.map(({ service, settings }) => {
    const names = settings.map(({ name }) => name).filter(isPassedOn);
    // The heap of Node, among others.
    const variables = [...names, 'NODE_OPTIONS'].map((name) => `      ${name}:\n`);
    return `  ${service}:\n    environment:\n${variables.join('')}`;
  });
  return `${HEAD}${blocks.join('\n')}`;
}

/** Whether the services of compose have this setting from .env under its own name. */
export function isPassedOn(name) {
  return !(name in FIXED_IN_COMPOSE) && !OTHER_NAME_IN_COMPOSE.includes(name);
}
