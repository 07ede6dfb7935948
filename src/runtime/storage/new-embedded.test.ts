import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeEmbedded } from './new-embedded.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'new-embedded-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('making a new embedded database', () => {
  it('starts over if an earlier attempt was cut off, and leaves nothing of it', async () => {
    mkdirSync(join(folder, 'postgres.unfinished'));
    writeFileSync(join(folder, 'postgres.unfinished', 'PG_VERSION'), '18');
    await makeEmbedded(join(folder, 'postgres'));
    expect(existsSync(join(folder, 'postgres', 'PG_VERSION'))).toBe(true);
    expect(readdirSync(folder)).toEqual(['postgres']);
  }, 60_000);

  it('leaves a folder alone that holds something else, and says so', async () => {
    mkdirSync(join(folder, 'postgres'));
    writeFileSync(join(folder, 'postgres', 'letters.txt'), 'mine');
    await expect(makeEmbedded(join(folder, 'postgres'))).rejects.toThrow(
      /Cannot make the embedded database in .*postgres/,
    );
    expect(readdirSync(join(folder, 'postgres'))).toEqual(['letters.txt']);
    expect(readdirSync(folder)).toEqual(['postgres']);
  }, 60_000);
});
