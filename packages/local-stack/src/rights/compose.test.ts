import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const compose = readFileSync(new URL('../../../../docker-compose.yml', import.meta.url), 'utf8');
const users = readFileSync(new URL('../../../../infra/redis/users.sh', import.meta.url), 'utf8');
const [, services = ''] = compose.split(/^services:\n/m);
const blocks = services
  .split(/^\S/m)[0]
  ?.split(/^ {2}(?=[a-z][\w-]*:\n)/m)
  .filter((block) => /^[a-z]/.test(block));
const byName = new Map((blocks ?? []).map((block) => [block.slice(0, block.indexOf(':')), block]));

describe('in compose', () => {
  test('every container is read-only, limited in memory, without capabilities and without new privileges', () => {
    expect(byName.size).toBeGreaterThanOrEqual(8);
    for (const [name, block] of byName) {
      expect(`${name}: ${block}`).toMatch(/<<: \*(hardened|turnlog)\n/);
      expect(`${name}: ${block}`).toMatch(/\n {4}mem_limit: /);
      expect(`${name}: ${block}`).not.toMatch(/privileged: true|cap_add|read_only: false|user: (root|'?0)/);
    }
    expect(compose).toMatch(
      /x-hardened:[^]*read_only: true[^]*cap_drop: \[ALL\][^]*no-new-privileges:true[^]*x-turnlog/,
    );
    expect(compose).toMatch(/x-turnlog: &turnlog\n {2}<<: \*hardened/);
    const image = readFileSync(new URL('../../../../infra/docker/Dockerfile', import.meta.url), 'utf8');
    expect(image).toMatch(/\nUSER node\n/);
  });

  test('one service builds the image that the others name', () => {
    const builders = [...byName].filter(([, block]) => block.includes('build:')).map(([name]) => name);
    expect(builders).toEqual(['migrate']);
    expect(compose.match(/image: turnlog:local/g)).toHaveLength(1);
  });

  test.each([
    ['stream-gateway', 'GATEWAYS'],
    ['session', 'SESSIONS'],
    ['persister', 'PERSISTERS'],
    ['reconciler', 'RECONCILERS'],
  ])('the replicas of %s are in the file', (service, variable) => {
    expect(byName.get(service)).toMatch(new RegExp(`deploy: \\{ replicas: '\\$\\{${variable}:-\\d}' \\}`));
  });

  test('.env cannot move the health port of a gateway to where the load balancer does not reach it', () => {
    const settings = readFileSync(new URL('../../../../infra/compose/settings.yml', import.meta.url), 'utf8');
    expect(settings).toContain('MAX_CONNECTIONS:');
    expect(settings).not.toMatch(/ HOST:| HEALTH_HOST:| HEALTH_PORT:/);
  });

  test('a rolling update leaves the configuration as `up` has it, which would otherwise replace all at once', () => {
    const update = readFileSync(new URL('../../../../infra/rolling-update.sh', import.meta.url), 'utf8');
    const starts = update.match(/docker compose up .*/g) ?? [];
    expect(starts).toHaveLength(2);
    for (const start of starts) expect(start).not.toContain('--no-deps');
  });

  test('a reload of the load balancer refuses no request and closes no idle connection', () => {
    const balancer = readFileSync(
      new URL('../../../../infra/load-balancer/haproxy.cfg', import.meta.url),
      'utf8',
    );
    expect(balancer).toMatch(/^ {2}option idle-close-on-response$/m);
    expect(balancer).toMatch(/^ {2}default-server .*init-addr libc,none$/m);
  });

  test('every service connects to Redis as a known user, and to Postgres without owning it', () => {
    const names = [...compose.matchAll(/redis:\/\/([^:@]*):/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThanOrEqual(4);
    for (const name of names) expect(users).toContain(`$(user ${name} `);
    for (const [name, block] of byName) {
      const roles = [...block.matchAll(/postgres:\/\/([^:@]*):/g)].map(([, role]) => role);
      for (const role of roles) expect([name, role]).not.toEqual([name, 'turnlog']);
      if (name !== 'migrate') expect(roles).not.toContain('turnlog_owner');
    }
  });

  test('audio has a Redis of its own, which gateways and turnlog use, and which keeps nothing on a disk', () => {
    const block = byName.get('redis-audio') ?? '';
    expect(block).toContain('users.sh audio');
    expect(block).not.toContain('redis-data');
    expect(byName.get('stream-gateway')).toMatch(/AUDIO_REDIS_URL: .*@redis-audio:6379/);
    expect(byName.get('turnlog')).toMatch(/AUDIO_REDIS_URL: .*operator:.*@redis-audio:6379/);
    const conf = readFileSync(new URL('../../../../infra/redis/redis-audio.conf', import.meta.url), 'utf8');
    expect(conf).toMatch(/^appendonly no$/m);
    expect(conf).toMatch(/^maxmemory-policy volatile-ttl$/m);
  });

  test('turnlog has access to the spools of the gateways, to erase the events of dead ones', () => {
    const spoolOf = (name: string) => [
      /SPOOL_DIR: (\S+)/.exec(byName.get(name) ?? '')?.[1],
      /gateway-spool:(\/[^\]:,\s]+)/.exec(byName.get(name) ?? '')?.[1],
    ];
    const [folder] = spoolOf('stream-gateway');
    expect(folder).toMatch(/^\//);
    for (const name of ['stream-gateway', 'turnlog']) expect(spoolOf(name)).toEqual([folder, folder]);
  });

  test('Postgres logs no details of errors, which contain whole rows', () => {
    expect(byName.get('postgres')).toContain('command: [postgres, -c, log_error_verbosity=terse]\n');
  });
});
