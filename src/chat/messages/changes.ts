// What happens to messages themselves. All three are told by the state that they lead to.
import { defineChange } from '../log/define-change.ts';

export const stored = defineChange({ type: 'stored', formerly: 's' });
export const updated = defineChange({ type: 'updated', formerly: 'u' });
export const deleted = defineChange({ type: 'deleted', formerly: 'd', isDeletion: true });
