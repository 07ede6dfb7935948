// The published document, made by an app without dependencies. It is the same for every service of this version.
import { type AppDependencies, createApp } from '../../src/http/app.ts';

/** An app that can do nothing but describe itself. */
export function createDescribingApp(): ReturnType<typeof createApp> {
  return createApp({
    useCases: {},
    limiters: { general: null, auth: null },
    metrics: { observeRequest() {} },
    logger: { debug() {}, error() {} },
    clock: { now: () => 0, monotonic: () => 0 },
    corsOrigins: '*',
    maxTextLength: 1,
    version: '1.2.3',
  } as unknown as AppDependencies);
}

export async function publishedDocument<T>(): Promise<T> {
  return (await (await createDescribingApp().request('/openapi.json')).json()) as T;
}
