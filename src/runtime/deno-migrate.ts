// The migration command on Deno: its permissions first, then as on Node.
import './deno-basics.ts';
import './migrate.ts';
