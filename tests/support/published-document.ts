// The published document, made by an app without dependencies. It is the same for every service of this version.
import { type AppDependencies, createApp } from '../../src/http/app.ts';

export async function publishedDocument<T>(): Promise<T> {
  const app = createApp({
    useCases: {},
    limiters: { general: null, auth: null },
    metrics: { observeRequest() {} },
    logger: { debug() {}, error() {} },
    clock: { now: () => 0, monotonic: () => 0 },
    corsOrigins: '*',
    maxTextLength: 1,
    version: '1.2.3',
  } as unknown as AppDependencies);
  return (await (await app.request('/openapi.json')).json()) as T;
}
