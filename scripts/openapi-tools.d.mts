/** See openapi-tools.mjs. */
export function toolsFolder(name: 'openapi-linters' | 'openapi-generators'): string;
