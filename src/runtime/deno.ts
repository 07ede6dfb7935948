// The entry on Deno: its permissions first, then as on Node.
import './platform/deno-basics.ts';
import './node.ts';
