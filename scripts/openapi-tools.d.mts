/** A group of tools, installed together. */
export type ToolsName = 'openapi-linters' | 'openapi-generators' | 'openapi-page';
/** See openapi-tools.mjs. */
export const TOOL_NAMES: readonly ToolsName[];
export function toolsFolder(name: ToolsName): string;
