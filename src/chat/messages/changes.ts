// The changes of messages themselves. None of the three has a live form.
import { defineChange } from '../log/define-change.ts';

export const stored = defineChange({ type: 'stored', formerly: 's' });
export const updated = defineChange({ type: 'updated', formerly: 'u' });
export const deleted = defineChange({ type: 'deleted', formerly: 'd', isDeletion: true });
