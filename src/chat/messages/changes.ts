// The changes of messages themselves. None of the three has a live form.
import type { GivenContent } from '../../protocol/messages.ts';
import { defineKind } from '../log/change-kind.ts';
import { defineChange } from '../log/define-change.ts';

export const stored = defineChange({ type: 'stored', formerly: 's' });
export const updated = defineChange({ type: 'updated', formerly: 'u' });
export const deleted = defineChange({ type: 'deleted', formerly: 'd', isDeletion: true });

/** Replaces the fields that are given, and merges metadata. Throws VALIDATION_FAILED if that gets too large. */
export const edit = defineKind<Partial<GivenContent>>({ name: 'edit', change: updated });
/** `erase`: also removes the content from the row. */
export const removal = defineKind<{ erase: boolean }>({ name: 'delete', change: deleted });
