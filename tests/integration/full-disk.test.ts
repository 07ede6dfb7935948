// The embedded database where its disk is full, read-only or has something else in the way: a real file system of a few
// MiB. (Linux: `unshare` and tmpfs.)
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type ServiceProcess, spawnServiceProcess } from '../support/node-process.ts';
import { installRuntimes, type Runtime } from '../support/runtimes.ts';
import { removeDirectory, temporaryDirectory } from '../support/server-process.ts';
import { embeddedTarget, QUIET } from '../support/service-under-test.ts';
import { diskOf, type SmallDiskOptions, smallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const DISK_MIB = 75;
/** Less than the next segment of the write-ahead log, whose failure PostgreSQL does not survive; more than rows take till then. */
const TOO_LITTLE_FOR_WAL = 14 << 20;
/** Rows find no room long before the log needs a segment: statements fail, PostgreSQL lives. */
const TOO_LITTLE_FOR_ROWS = 2 << 20;

const cleanUp: Array<() => unknown> = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function folder(): string {
  const directory = temporaryDirectory('full-disk');
  cleanUp.push(() => removeDirectory(directory));
  return directory;
}

interface Chatter {
  send(text: string): Promise<{ status: number; id: number }>;
  read(id: number): Promise<number>;
}

async function chatter(url: string): Promise<Chatter> {
  const call = async (path: string, token = '', body?: object) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const method = body ? 'POST' : 'GET';
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    return { status: answer.status, data: ((await answer.json()) as { data: never }).data };
  };
  const person = { username: 'ada', email: 'ada@example.com', password: 'nine to five' };
  const { token } = (await call('/auth/register', '', person)).data as { token: string };
  const channel = (await call('/channels', token, { type: 'group', name: 'disk' })).data as { id: number };
  return {
    async send(text) {
      const { status, data } = await call('/messages', token, { channelId: channel.id, text });
      return { status, id: status === 201 ? (data as { id: number }).id : 0 };
    },
    read: async (id) => (await call(`/messages/${id}`, token)).status,
  };
}

/** Sends until the disk is full; gives the ids of all messages that were acknowledged. */
async function sendUntilFull(ada: Chatter): Promise<number[]> {
  const acked: number[] = [];
  for (;;) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ada.send(randomBytes(4900).toString('hex'))));
    for (const { status, id } of answers) {
      if (status === 201) acked.push(id);
      else expect(status).toBe(503);
    }
    if (answers.every(({ status }) => status === 503)) return acked;
  }
}

describe.each(['node', 'deno', 'bun'] as const)('a disk that is full, on %s', (runtime) => {
  const target = embeddedTarget(runtime);

  async function started(): Promise<{ service: ServiceProcess; disk: ReturnType<typeof diskOf> }> {
    const [content, directory] = [folder(), folder()];
    await target.prepareData(content);
    const small = smallDisk({ sizeMiB: DISK_MIB, directory, content });
    const env = { ...QUIET, DATA_DIR: directory };
    const service = spawnServiceProcess({ runtime, env, wrapper: small.wrapper });
    cleanUp.push(() => service.stop('SIGKILL'));
    await service.listening();
    return { service, disk: diskOf(service.pid, small) };
  }

  test.each([
    ['for the write-ahead log', TOO_LITTLE_FOR_WAL, true],
    ['for rows', TOO_LITTLE_FOR_ROWS, false],
  ])(
    'has no room %s: 503, the process answers, and goes on once there is room; nothing acknowledged is lost',
    async (_, leaveBytes, aborts) => {
      const { service, disk } = await started();
      const ada = await chatter(service.url);
      disk.fill(leaveBytes);
      const acked = await sendUntilFull(ada);
      expect(acked.length).toBeGreaterThan(0);
      expect((await fetch(`${service.url}/health`)).status).toBe(200);
      disk.makeRoom();
      await until('it goes on', async () => (await ada.send('there is room')).status === 201);
      expect((await fetch(`${service.url}/ready`)).status).toBe(200);
      for (const id of acked) expect(await ada.read(id)).toBe(200);
      const said = service.log.filter(({ msg }) => /has aborted/.test(msg));
      expect(said.map(({ reason }) => reason)).toEqual(
        aborts ? [expect.stringContaining('No space left on device')] : [],
      );
      expect(await service.stop()).toEqual({ code: 0, signal: null });
    },
    120_000,
  );

  test('and is asked to end while it is full: it ends', async () => {
    const { service, disk } = await started();
    const ada = await chatter(service.url);
    disk.fill(TOO_LITTLE_FOR_WAL);
    await sendUntilFull(ada);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  }, 120_000);
});

describe('a start that cannot write ends with one line', () => {
  const target = embeddedTarget();

  async function refused(options: Parameters<typeof spawnServiceProcess>[0]): Promise<string> {
    const service = spawnServiceProcess(options);
    cleanUp.push(() => service.stop('SIGKILL'));
    const exit = await service.exited;
    expect(service.noise).toEqual([]);
    expect(service.log).toHaveLength(1);
    expect(service.log[0]).toMatchObject({ level: 'error' });
    expect(service.log[0]).not.toHaveProperty('err');
    expect(exit).toEqual({ code: 1, signal: null });
    return service.log[0]?.msg ?? '';
  }

  async function refusedOn(
    disk: Pick<SmallDiskOptions, 'sizeMiB' | 'state'>,
    hasData: boolean,
    runtime: Runtime = 'node',
  ): Promise<string> {
    const [content, directory] = [folder(), folder()];
    if (hasData) await target.prepareData(content);
    const { wrapper } = smallDisk({ ...disk, directory, content });
    return refused({ runtime, env: { ...QUIET, DATA_DIR: directory }, wrapper });
  }

  test.each(['node', 'deno', 'bun'] as const)('a disk without room for a new database, on %s', async (runtime) => {
    await installRuntimes([runtime]);
    expect(await refusedOn({ sizeMiB: 20 }, false, runtime)).toMatch(
      /^Cannot make the embedded database .*no space left/,
    );
  });

  test('a full one, with a database', async () => {
    expect(await refusedOn({ sizeMiB: DISK_MIB, state: 'full' }, true)).toMatch(
      /^Cannot write into the data directory .*no space left/,
    );
  });

  test.each([true, false])('a read-only one, with a database in it: %s', async (hasData) => {
    expect(await refusedOn({ sizeMiB: DISK_MIB, state: 'read-only' }, hasData)).toMatch(
      /^Cannot lock the data directory .*read-only/,
    );
  });

  test.each(['/proc/nowhere', '/proc/self/nowhere/data', '/sys/nowhere', '/dev/full', '/dev/null/data'])(
    'DATA_DIR=%s',
    async (directory) => {
      expect(await refused({ env: { ...QUIET, DATA_DIR: directory } })).toMatch(
        new RegExp(`^Cannot make the data directory ${directory} \\(set DATA_DIR to another\\): `),
      );
    },
  );

  test.each([
    '',
    'lock',
    'jwt-secret',
    'postgres',
    'postgres/PG_VERSION',
    'postgres/postmaster.pid',
    'postgres/base/5/1259',
  ])('a pipe that nobody writes to as DATA_DIR/%s', async (name) => {
    const data = join(folder(), 'data');
    mkdirSync(data);
    await target.prepareData(data);
    rmSync(join(data, name), { recursive: true, force: true });
    expect(spawnSync('mkfifo', [join(data, name)]).status).toBe(0);
    const said = await refused({ env: { ...QUIET, JWT_SECRET: '', DATA_DIR: data } });
    expect(said).toMatch(/^Cannot (make|lock|keep|use) .*(ordinary file|no folder|not a directory)/);
  });

  test('a link that leads nowhere', async () => {
    const data = join(folder(), 'data');
    symlinkSync('/nowhere/at/all', data);
    expect(await refused({ env: { ...QUIET, DATA_DIR: data } })).toMatch(/^Cannot make the data directory .*no folder/);
  });

  test('a database that is damaged', async () => {
    const data = folder();
    const template = folder();
    await target.prepareData(template);
    cpSync(template, data, { recursive: true });
    rmSync(join(data, 'postgres/global/pg_control'));
    expect(await refused({ env: { ...QUIET, DATA_DIR: data } })).toMatch(/^Cannot open the database .*aborted/);
  });
});
