// The migration command on Deno: its permissions first, then as on Node.
import '../platform/deno-basics.ts';
import './migrate.ts';
