// The migration command on Deno: checks its permissions first, then runs as on Node.
import '../platform/deno-basics.ts';
import './migrate.ts';
