import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Health } from './health.ts';
import { Metrics } from './metrics.ts';
import { startOpsServer } from './ops-server.ts';

const never = (): Promise<never> => new Promise(() => undefined);

describe('the ops server', () => {
  let nowMs = 0;
  const lifecycle = { isStopping: false };
  let health: Health;
  let metrics: Metrics;
  let server: Awaited<ReturnType<typeof startOpsServer>>;

  beforeEach(async () => {
    nowMs = 0;
    lifecycle.isStopping = false;
    health = new Health(lifecycle, () => nowMs);
    metrics = new Metrics('persister');
    server = await startOpsServer({ health, metrics, port: 0, host: '127.0.0.1' });
  });

  afterEach(async () => {
    await server.close();
  });

  const get = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init);

  async function body(path: string): Promise<unknown> {
    return (await get(path)).json();
  }

  describe('/healthz', () => {
    it('is 200 while every loop turns within its limit', async () => {
      const heartbeat = health.heartbeat('read', { maxSilenceMs: 1000 });
      nowMs = 900;
      heartbeat.beat();
      nowMs = 1900;
      const response = await get('/healthz?probe=1');
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.json()).toEqual({
        status: 'alive',
        loops: { read: { ok: true, silentMs: 1000, maxSilenceMs: 1000 } },
      });
    });

    it('is 503 when a loop has been silent for too long, even one that never beat', async () => {
      health.heartbeat('read', { maxSilenceMs: 1000 });
      health.heartbeat('sweep', { maxSilenceMs: 60_000 });
      nowMs = 1001;
      expect((await get('/healthz')).status).toBe(503);
      expect(await body('/healthz')).toMatchObject({
        status: 'stuck',
        loops: { read: { ok: false }, sweep: { ok: true } },
      });
    });

    it('forgets a loop that ended on purpose', async () => {
      health.heartbeat('read', { maxSilenceMs: 1000 }).stop();
      nowMs = 60_000;
      expect((await get('/healthz')).status).toBe(200);
    });

    it('does not depend on a dependency', async () => {
      health.readinessCheck('redis', never, { timeoutMs: 60_000 });
      expect((await get('/healthz')).status).toBe(200);
    });
  });

  describe('/readyz', () => {
    it('is 200 with the outcome of each check', async () => {
      health.readinessCheck('redis', () => Promise.resolve({ ok: true }));
      health.readinessCheck('spool', () => Promise.resolve({ ok: true, detail: { bytes: 12 } }));
      const response = await get('/readyz');
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        status: 'ready',
        checks: { redis: { ok: true }, spool: { ok: true, detail: { bytes: 12 } } },
      });
    });

    it('is 503 where a check says no, throws or hangs, without showing a password', async () => {
      health.readinessCheck('good', () => Promise.resolve({ ok: true }));
      health.readinessCheck('no', () => Promise.resolve({ ok: false, reason: 'spool is full' }));
      health.readinessCheck('throws', () => Promise.reject(new Error('no route to redis://u:hunter2@cache')));
      health.readinessCheck('hangs', never, { timeoutMs: 5 });
      const response = await get('/readyz');
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({
        status: 'not ready',
        checks: {
          good: { ok: true },
          no: { ok: false, reason: 'spool is full' },
          throws: { ok: false, reason: 'no route to redis://cache' },
          hangs: { ok: false, reason: 'no answer within 5 ms' },
        },
      });
    });

    it('sends no second check after one that hangs', async () => {
      let count = 0;
      const hang = (): Promise<never> => {
        count += 1;
        return never();
      };
      health.readinessCheck('redis', hang, { timeoutMs: 5 });
      await get('/readyz');
      await get('/readyz');
      expect(count).toBe(1);
    });

    it('asks again after an answer', async () => {
      let isUp = false;
      health.readinessCheck('redis', () =>
        Promise.resolve(isUp ? { ok: true } : { ok: false, reason: 'down' }),
      );
      expect((await get('/readyz')).status).toBe(503);
      isUp = true;
      expect((await get('/readyz')).status).toBe(200);
    });

    it('is 503 from the moment the service is stopping', async () => {
      lifecycle.isStopping = true;
      const response = await get('/readyz');
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({ status: 'stopping', checks: {} });
    });
  });

  describe('/metrics', () => {
    it('answers in the text format of Prometheus, the process and its event loop included', async () => {
      const { calls } = metrics.counters({ calls: ['persist_total', 'Calls', 'result'] });
      calls.inc({ result: 'written' }, 3);
      metrics.histogram('persist_duration_seconds', 'Duration').observe(0.002);
      metrics.gauges({ calls_active: ['Calls', () => 7] });
      const response = await get('/metrics');
      const text = await response.text();
      expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
      expect(text).toContain('persist_total{result="written",service="persister"} 3');
      expect(text).toContain('persist_duration_seconds_bucket{le="0.0025",service="persister"} 1');
      expect(text).toContain('calls_active{service="persister"} 7');
      expect(text).toMatch(/^nodejs_eventloop_lag_seconds\{service="persister"\} /m);
      expect(text).toMatch(/^process_resident_memory_bytes\{/m);
    });

    it('reads counts that are kept elsewhere at each scrape', async () => {
      const counts = { frames: { media: 1 }, bytes: { inbound: 2 }, faults: 0 };
      metrics.measuredCounters(
        {
          frames: ['frames_total', 'Frames', 'event'],
          bytes: ['bytes_total', 'Bytes', 'track'],
          faults: ['faults_total', 'Faults'],
        },
        counts,
      );
      await metrics.text();
      counts.frames.media = 3;
      counts.faults += 1;
      const text = await metrics.text();
      expect(text).toContain('frames_total{event="media",service="persister"} 3\n');
      expect(text).toContain('bytes_total{track="inbound",service="persister"} 2\n');
      expect(text).toContain('faults_total{service="persister"} 1\n');
    });

    it('leaves out a measured gauge whose value is unknown, and counts the failure', async () => {
      let read = (): Promise<number | undefined> => Promise.resolve(5);
      metrics.gauges({ lag: ['Lag', () => read()] });
      expect(await metrics.text()).toContain('\nlag{service="persister"} 5');
      read = () => Promise.resolve(undefined);
      expect(await metrics.text()).not.toMatch(/^lag\{/m);
      read = () => Promise.reject(new Error('away'));
      expect(await metrics.text()).not.toMatch(/^lag\{/m);
      // The counter of failures is read beside the gauge, so a scrape shows those before it.
      expect(await metrics.text()).toContain(
        'metric_read_failures_total{metric="lag",service="persister"} 1',
      );
    });
  });

  it('answers HEAD without a body, 405 to other methods, 404 for other paths', async () => {
    const head = await get('/healthz', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await get('/readyz', { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await get('/')).status).toBe(404);
  });

  it('does not wait for a probe that hangs when it closes', async () => {
    const probe = connect(server.port, '127.0.0.1');
    await once(probe, 'connect');
    probe.write('GET /healthz HTTP/1.1\r\n');
    await get('/healthz');
    const ended = once(probe, 'close');
    probe.on('error', () => undefined);
    await server.close();
    await ended;
    server = await startOpsServer({ health, metrics, port: 0, host: '127.0.0.1' });
  });

  it('rejects when its port is taken', async () => {
    const taken = { health, metrics: new Metrics('other'), port: server.port, host: '127.0.0.1' };
    await expect(startOpsServer(taken)).rejects.toThrow('EADDRINUSE');
  });
});
