// Ends the process with one line if Deno does not permit what loading the service needs. Must be imported first,
// because the modules after it would each fail, or ask, in their own way. So it does not know the logger either.
import { deno } from './deno-api.ts';
import { assertPermissions, basicPermissions } from './deno-permissions.ts';

try {
  assertPermissions(basicPermissions());
} catch (error) {
  const time = new Date().toISOString();
  console.log(JSON.stringify({ level: 'error', time, msg: (error as Error).message }));
  deno().exit(1);
}
