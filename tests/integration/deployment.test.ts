// What the image, Compose and Kubernetes are told fits the service and each other: names, ports, paths, times, accounts.

import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig } from '../../src/runtime/config/config.ts';
import { denoTask } from '../support/deno-tasks.ts';
import { PROXY_CONFIG } from '../support/haproxy.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** What nobody but the person who deploys can know. */
const GIVEN: Record<string, string> = {
  JWT_SECRET: randomBytes(32).toString('base64url'),
  DB_PASSWORD: 'p@ss/word',
  DATABASE_URL: 'postgres://chat:secret@db.example/chat',
  REDIS_URL: 'redis://redis.example',
};
/** The service drains for so long at most. */
const DRAIN_SECONDS = 10;

const settings = [...read('.env.example').matchAll(/^#([A-Z_]+)=/gm)].map((match) => String(match[1]));
const dockerfile = read('Dockerfile');
const account = Number(/^USER (\d+):\d+$/m.exec(dockerfile)?.[1]);
const imageEnv = Object.fromEntries(
  [...dockerfile.matchAll(/^ENV (.+)$/gm)].flatMap(([, pairs = '']) => pairs.split(' ').map((pair) => pair.split('='))),
);

describe('the image', () => {
  test('has versions of Node and Deno that the tests run on, too', () => {
    const bases = [...dockerfile.matchAll(/^FROM (?:node:|denoland\/deno:debian-)([\d.]+)/gm)].map((match) => match[1]);
    expect(new Set(bases).size).toBe(2);
    expect(bases.filter((version) => !runtimeVersions().includes(String(version)))).toEqual([]);
  });

  test('takes nothing that its context lacks', () => {
    const kept = read('.dockerignore')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const taken = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) => list.split(' '));
    expect(taken.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(taken.filter((path) => !kept.includes(path))).toEqual([]);
  });

  test('gives Deno the permissions that `deno task start` gives, with another folder for the data', () => {
    const command = JSON.parse(/^CMD (.*"deno".*)$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
    const task = denoTask('start')
      .replace(/(--allow-read=\S+)/, '$1,/data')
      .replace('--allow-write=./data', '--allow-write=/data');
    expect(command.join(' ')).toBe(task);
  });

  test('runs as nobody special, in production', () => {
    expect(account).toBeGreaterThan(1000);
    expect(readConfig({ ...imageEnv, JWT_SECRET: GIVEN.JWT_SECRET })).toMatchObject({
      production: true,
      dataDir: '/data',
    });
    expect(() => readConfig(imageEnv)).toThrow(/JWT_SECRET/);
  });
});

interface ComposeService {
  image: string;
  environment?: Record<string, string | null>;
  healthcheck?: { test: string[] };
  volumes?: string[];
  ports?: string[];
  stop_grace_period?: string;
}

describe('docker-compose.yml', () => {
  const text = read('docker-compose.yml');
  const { services } = parse(text, { merge: true }) as { services: Record<string, ComposeService> };
  const service = (name: string) => services[name] as ComposeService;

  test('gives the service an environment that it takes', () => {
    for (const name of ['backend', 'migrate']) {
      const environment = interpolated(service(name).environment);
      expect(Object.keys(environment).filter((key) => !settings.includes(key))).toEqual([]);
      const config = readConfig({ ...imageEnv, ...environment });
      expect(config).toMatchObject({ production: true, trustProxy: true, jwtSecret: GIVEN.JWT_SECRET });
      expect(config.redis?.nodes).toEqual([{ host: 'redis', port: 6379 }]);
      expect(config.database).toMatchObject({ url: 'postgres://chat:p%40ss%2Fword@postgres:5432/chat_service' });
    }
  });

  test('lets every other setting through', () => {
    const replaced = [
      'DATABASE_URL',
      'REDIS_URL',
      'DB_SSL',
      'DB_SSL_CA',
      'DB_PORT',
      'REDIS_PORT',
      'REDIS_PASSWORD',
      'REDIS_DB',
    ];
    const fixed = [...replaced, 'PORT', 'HOST', 'NODE_ENV', 'DATA_DIR', 'MIGRATE_ON_START'];
    const known = Object.keys(service('backend').environment ?? {});
    expect(settings.filter((name) => !known.includes(name) && !fixed.includes(name))).toEqual([]);
  });

  test('has no secret in it, and starts without none', () => {
    for (const name of ['JWT_SECRET', 'DB_PASSWORD']) {
      const uses = [...text.matchAll(new RegExp(`\\$\\{${name}[^}]*\\}`, 'g'))].map(String);
      expect(uses.length).toBeGreaterThan(0);
      for (const use of uses) expect(use).toContain(':?');
    }
  });

  test('runs the proxy of the tests before the nodes, and nothing else is reachable', () => {
    const { environment, volumes, ports, healthcheck } = service('proxy');
    expect(volumes?.map((volume) => join(ROOT, volume.split(':')[0] ?? ''))).toEqual([PROXY_CONFIG]);
    expect(environment?.NODES).toBe(`backend:${readConfig({}).port}`);
    expect(Object.keys(environment ?? {}).filter((name) => !read('deploy/proxy/haproxy.cfg').includes(name))).toEqual(
      [],
    );
    expect(healthcheck?.test.at(-1)).toBe('http://127.0.0.1:8080/proxy/health');
    expect(ports?.[0]).toMatch(/:8080$/);
    expect(Object.keys(services).filter((name) => service(name).ports)).toEqual(['proxy']);
  });

  test('waits until a node has drained', () => {
    expect(Number.parseInt(service('backend').stop_grace_period ?? '', 10)).toBeGreaterThan(DRAIN_SECONDS);
  });
});

describe('the Kubernetes manifests', () => {
  const folder = 'deploy/kubernetes';
  const kustomization = parse(read(`${folder}/kustomization.yaml`)) as {
    resources: string[];
    images: { name: string }[];
  };
  const files = readdirSync(join(ROOT, folder)).filter((file) => file !== 'kustomization.yaml');
  const objects = files.flatMap((file) =>
    parseAllDocuments(read(`${folder}/${file}`)).map((document) => document.toJS() as Manifest),
  );
  const find = (kind: string, name: string) =>
    objects.find((o) => o.kind === kind && o.metadata.name === name) as Manifest;
  const podOf = (deployment: string) => find('Deployment', deployment).spec?.template as Pod;
  const pods = objects.flatMap((object) => (object.spec?.template ? [object.spec.template as Pod] : []));
  const service = pods.filter(({ spec }) => spec.containers[0]?.image === 'chat-service');

  test('are all in the kustomization', () => {
    expect(kustomization.resources.toSorted()).toEqual(['../proxy', ...files].toSorted());
    expect(kustomization.images.map(({ name }) => name)).toEqual(['chat-service']);
  });

  test('give the service an environment that it takes, its secrets by reference alone', () => {
    const { data = {} } = find('ConfigMap', 'chat-service');
    expect(Object.keys(data).filter((key) => !settings.includes(key))).toEqual([]);
    const { JWT_SECRET, DATABASE_URL, REDIS_URL } = GIVEN;
    const config = readConfig({ ...imageEnv, ...data, JWT_SECRET, DATABASE_URL, REDIS_URL });
    expect(config).toMatchObject({ production: true, trustProxy: true, database: { kind: 'postgres' } });
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    for (const { spec } of service) {
      expect(spec.containers[0]?.envFrom).toEqual([
        { configMapRef: { name: 'chat-service' } },
        { secretRef: { name: 'chat-service' } },
      ]);
    }
  });

  test('run everything without rights, on a file system that it cannot change', () => {
    expect(pods.length).toBe(3);
    for (const { spec } of pods) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true });
      for (const { securityContext, resources } of spec.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(resources).toHaveProperty('requests.memory');
      }
    }
    for (const { spec } of service) expect(spec.securityContext.runAsUser).toBe(account);
  });

  test('ask a node what it answers, and wait until it has drained', () => {
    const { spec } = podOf('chat-backend');
    const [node] = spec.containers as [Container];
    expect(node.ports).toEqual([{ name: 'http', containerPort: readConfig({}).port }]);
    expect([node.startupProbe, node.livenessProbe, node.readinessProbe]).toMatchObject(
      ['/health', '/health', '/ready'].map((path) => ({ httpGet: { path, port: 'http' } })),
    );
    const preStop = Number(node.lifecycle?.preStop.exec.command.at(-1));
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(preStop + DRAIN_SECONDS);
    expect(node.volumeMounts).toEqual([{ name: 'data', mountPath: imageEnv.DATA_DIR }]);
  });

  test('lead from name to name', () => {
    const labels = (deployment: string) => podOf(deployment).metadata.labels;
    const { spec } = podOf('chat-proxy');
    expect(find('Service', 'chat-nodes').spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: labels('chat-backend'),
    });
    expect(find('Service', 'chat').spec?.selector).toEqual(labels('chat-proxy'));
    const budget = find('PodDisruptionBudget', 'chat-backend').spec?.selector;
    expect(budget).toEqual({ matchLabels: labels('chat-backend') });
    const env = Object.fromEntries((spec.containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
    expect(env.NODES).toBe(`chat-nodes.chat.svc.cluster.local:${readConfig({}).port}`);
    expect(spec.volumes).toEqual([{ name: 'config', configMap: { name: 'chat-proxy' } }]);
    expect(spec.containers[0]?.image).toBe(parse(read('docker-compose.yml')).services.proxy.image);
    expect(JSON.stringify(find('Ingress', 'chat').spec)).toContain('"service":{"name":"chat","port":{"name":"http"}}');
  });
});

interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec?: Record<string, unknown>;
}

interface Pod {
  metadata: { labels: Record<string, string> };
  spec: {
    securityContext: { runAsUser: number };
    terminationGracePeriodSeconds?: number;
    containers: Container[];
    volumes?: unknown[];
  };
}

interface Container {
  image: string;
  env?: { name: string; value: string }[];
  envFrom?: unknown[];
  ports?: unknown[];
  startupProbe?: unknown;
  livenessProbe?: unknown;
  readinessProbe?: unknown;
  lifecycle?: { preStop: { exec: { command: string[] } } };
  resources: object;
  securityContext: object;
  volumeMounts?: unknown[];
}

/** The environment as Compose makes it where only what is needed is set. */
function interpolated(environment: ComposeService['environment'] = {}): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]) =>
    value === null ? [] : [[name, value.replace(/\$\{([A-Z_]+)[^}]*\}/g, (_, key: string) => GIVEN[key] ?? '')]],
  );
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The pinned versions of the runtimes that tests run on. */
function runtimeVersions(): string[] {
  return [...read('scripts/runtime.mjs').matchAll(/version: '([\d.]+)'/g)].map((match) => String(match[1]));
}
