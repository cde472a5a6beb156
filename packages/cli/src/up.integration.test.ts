import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { placeCall } from '@turnlog/exotel-simulator';
import { prepareProgram, type Program, type Running } from './up.test-support.ts';

describe('turnlog up', () => {
  let program: Program;
  let up: Running;
  beforeAll(async () => {
    program = await prepareProgram();
    up = program.start(['up', '--utc']);
  });
  afterAll(() => program.close());

  it('runs everything, shows the record of a sample call, and does not touch a real one meanwhile', async () => {
    const line = await up.lines.waitFor('Exotel stream', 30_000);
    const [url = ''] = /ws:\/\/127\.0\.0\.1:\d+\/exotel\/stream$/.exec(line) ?? [];
    const realCall = placeCall({ url, audio: 0.1, hangUpAfterMs: Infinity });
    await up.lines.waitFor('Ready for calls', 60_000);
    realCall.hangUp();
    expect((await realCall.finished).end.how).toBe('hung-up');
    const checked = await program.run(['load', '--url', url, '--turns', '1', '--verify', '--json']);
    expect(JSON.parse(checked.out)).toMatchObject({ records: { right: 1 } });
    const { out } = await program.run(['show', realCall.callSid, '--json']);
    expect(JSON.parse(out)).toMatchObject({ full_transcript: [], end_reason: 'callended' });

    const text = up.lines.lines.join('\n');
    expect(text).toMatch(/INFO - Call stopped \| call_sid=sample-/);
    expect(text).toMatch(/INFO - Persisting transcript to database \| call_sid=sample-\w+ \| exchanges=8\n/);
    expect(text).toMatch(/INFO - Session successfully persisted to database \| call_sid=sample-/);
    expect(text).toContain('  Outcome:        qualified\n');
    expect(text).toContain(
      '📊 COLLECTED DATA:\n  budget: 5000000\n  location: Mumbai\n  property_type: apartment\n',
    );
    expect(text).toMatch(/\[\d\d:\d\d:\d\d\] 👤 USER: {7}Around 50 lakhs\n/);
    expect(text).toContain('\nThe sample was played 20 times faster than life');
  }, 120_000);

  it('accepts calls from then on, which other commands find', async () => {
    const load = ['load', '--calls', '3', '--turns', '4', '--pace', '20', '--verify', '--json'];
    const { code, out } = await program.run(load);
    expect(JSON.parse(out)).toMatchObject({ calls: 3, connected: 3, records: { right: 3, wrong: [] } });
    expect(code).toBe(0);
    expect((await program.run(['calls'])).out).toContain('📞 Found 6 call(s):');
    expect(await program.run(['verify', '--all'])).toMatchObject({ code: 0, err: '' });
  });

  it('is refused a second time', async () => {
    expect(up.process.exitCode).toBeNull();
    const { code, err } = await program.run(['up']);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^Turnlog is already running here: process \d+, gateway at http:\/\/127\.0\.0\.1:\d+\./,
    );
  });

  it('stops everything at Ctrl-C, and ends with 0', async () => {
    expect(await up.interrupt()).toBe(0);
    expect(up.lines.lines.slice(-3)).toEqual(['', 'Stopping …', 'Stopped.']);
    expect(await readdir(program.dataDir)).toEqual(['logs']);
  });
});

describe('turnlog up that fails', () => {
  let program: Program;
  beforeAll(async () => {
    program = await prepareProgram();
  });
  afterAll(() => program.close());

  it('names the taken port, and how to choose another', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, err } = await program.run(['up', '--port', String(port)]);
    server.close();
    expect(code).toBe(1);
    expect(err).toMatch(
      new RegExp(`^The gateway cannot listen on port ${port}: another program has it\\. Choose another`),
    );
  });

  it('reports a wrong setting before anything else', async () => {
    const { code, out, err } = await program.run(['up'], { AGENT_URL: 'http://bot' });
    expect({ code, out }).toEqual({ code: 1, out: 'Starting Turnlog …\n' });
    expect(err).toMatch(
      /^stream-gateway cannot start, its settings are wrong:\n {2}AGENT_URL: expected .*\n$/,
    );
  });

  it.each([
    ['SPOOL_DIR', '/etc/hostname/spool', 'cannot be created: ENOTDIR'],
    ['SPOOL_DIR', '/proc/no-such/spool', 'cannot be created: ENOENT'],
    ['HOST', '203.0.113.7', 'this machine has no such address'],
  ])('reports %s=%s in one sentence, at once', async (name, value, problem) => {
    const { code, out, err } = await program.run(['up'], { [name]: value });
    expect({ code, out }).toEqual({ code: 1, out: 'Starting Turnlog …\n' });
    expect(err.trimEnd().split('\n')).toEqual([expect.stringContaining(`${name}=${value}`)]);
    expect(err).toContain(problem);
  });

  it('works on HOST=::1, under its own address', async () => {
    const up = program.start(['up', '--no-sample-call'], { HOST: '::1' });
    const line = await up.lines.waitFor('Exotel stream', 30_000);
    const [url = ''] = /ws:.*/.exec(line) ?? [];
    expect(url).toMatch(/^ws:\/\/\[::1\]:\d+\/exotel\/stream$/);
    const call = placeCall({ url, audio: 0.1 });
    expect((await call.finished).end.how).toBe('hung-up');
    expect(await up.interrupt()).toBe(0);
  });

  it('stops everything when the terminal is closed', async () => {
    const up = program.start(['up', '--no-sample-call', '--json']);
    await up.lines.waitFor('"services"', 30_000);
    await up.lines.waitFor(/^}$/);
    const { services } = JSON.parse(up.lines.lines.join('\n')) as { services: { pid: number }[] };
    expect(await up.interrupt('SIGHUP')).toBe(0);
    expect(services.length).toBeGreaterThan(2);
    for (const { pid } of services) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('shows warnings of its services while it runs', async () => {
    const up = program.start(['up', '--no-sample-call'], { AGENT_URL: 'ws://127.0.0.1:9/{callSid}' });
    const line = await up.lines.waitFor('Exotel stream', 30_000);
    await up.lines.waitFor('Ready for calls', 30_000);
    const [url = ''] = /ws:.*/.exec(line) ?? [];
    const call = placeCall({ url, audio: 0.1, hangUpAfterMs: Infinity });
    expect(await up.lines.waitFor('[gateway-1] WARN', 30_000)).toContain('ECONNREFUSED');
    call.hangUp();
    await call.finished;
    expect(await up.interrupt()).toBe(0);
  });

  it('stops at Ctrl-C while it starts', async () => {
    const up = program.start(['up']);
    await up.lines.waitFor('Starting Turnlog');
    expect(await up.interrupt()).toBe(0);
    expect(up.lines.lines).toEqual(['Starting Turnlog …', '', 'Stopping …', 'Stopped.']);
  });

  it('stops at Ctrl-C during the sample', async () => {
    const up = program.start(['up']);
    await up.lines.waitFor('Placing a sample call', 30_000);
    expect(await up.interrupt()).toBe(0);
    const { lines } = up.lines;
    expect(lines.slice(lines.indexOf('Stopping …'))).toEqual(['Stopping …', 'Stopped.']);
    expect(lines.join('\n')).not.toContain('CALL TRANSCRIPT');
  });
});
