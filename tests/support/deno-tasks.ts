// The commands of the tasks in deno.json, for tests that run them with other permissions.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Tasks {
  readonly tasks: Readonly<Record<string, { readonly command: string }>>;
}

const PATH = fileURLToPath(new URL('../../deno.json', import.meta.url));

/** The command line of a task if the settings name no file outside the project. */
export function denoTask(name: string): string {
  const { tasks } = JSON.parse(readFileSync(PATH, 'utf8')) as Tasks;
  const last = tasks[name]?.command.split(' && ').at(-1) ?? '';
  return last.replaceAll('"', '').replace(',$READ', '').replace(',$WRITE', '');
}
