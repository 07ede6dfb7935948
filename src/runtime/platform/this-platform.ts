// The one place that checks which runtime this is.
import { bunPlatform } from './bun.ts';
import { denoPlatform } from './deno.ts';
import { nodePlatform } from './node.ts';
import type { Platform } from './platform.ts';

export function thisPlatform(): Platform {
  if ('Deno' in globalThis) return denoPlatform;
  if ('Bun' in globalThis) return bunPlatform;
  return nodePlatform;
}
