// The part of Deno's own interface that is used here, because the compiler only knows Node's.

export interface DenoFile {
  /** False if another file handle holds the lock. */
  tryLockSync(exclusive: boolean): boolean;
  truncateSync(): void;
  writeSync(bytes: Uint8Array): number;
  close(): void;
}

export type DenoPermission =
  | { readonly name: 'env' }
  | { readonly name: 'sys'; readonly kind: 'hostname' }
  | { readonly name: 'net'; readonly host?: string }
  | { readonly name: 'read' | 'write' | 'ffi'; readonly path: string };

interface DenoWriter {
  /** Returns how many of the bytes were written. */
  write(bytes: Uint8Array): Promise<number>;
}

export interface DenoApi {
  readonly stdout: DenoWriter;
  readonly stderr: DenoWriter;
  openSync(path: string, options: { read: true; write: true; create: true; mode: number }): DenoFile;
  readonly permissions: { querySync(permission: DenoPermission): { readonly state: 'granted' | 'prompt' | 'denied' } };
  exit(code: number): never;
}

/** Only for code that runs on Deno. */
export function deno(): DenoApi {
  return (globalThis as unknown as { Deno: DenoApi }).Deno;
}
