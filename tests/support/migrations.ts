// Where the migrations are, and the way back from each.
import { readdirSync, readFileSync } from 'node:fs';

export const MIGRATIONS = 'migrations';

export async function downScript(number: string): Promise<string> {
  const file = readdirSync(MIGRATIONS).find((name) => name.startsWith(number) && name.endsWith('.down.sql'));
  if (!file) throw new Error(`no way back from migration ${number}`);
  return readFileSync(`${MIGRATIONS}/${file}`, 'utf8');
}
