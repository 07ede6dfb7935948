import { expect, it } from 'vitest';
import { CLIENT_FRAMES } from '../../protocol/client-frames.ts';
import { createHooks } from '../hooks.ts';
import type { CommandDependencies } from './command.ts';
import { COMMANDS } from './commands.ts';

const deps = { hooks: createHooks(), useCases: {} } as CommandDependencies;

it('each client frame has one command', () => {
  const commands = COMMANDS.flatMap((create) => create(deps)).map((command) => command.frame.type);
  expect(commands.toSorted()).toEqual(CLIENT_FRAMES.map((frame) => frame.type).toSorted());
});
