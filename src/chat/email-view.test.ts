import { describe, expect, it } from 'vitest';
import { createEmailView } from './email-view.ts';
import type { UserRow } from './rows.ts';

const ann: UserRow = {
  ...{ id: 1, username: 'ann', email: 'ann@example.com', avatar: null },
  createdAt: '2026-01-01 12:00:00',
};

describe('emails', () => {
  it('are seen by everybody if they are public', () => {
    const view = createEmailView(true);
    expect([1, 2].map((viewer) => view.toVisibleUser(ann, viewer).email)).toEqual([
      'ann@example.com',
      'ann@example.com',
    ]);
    expect(view.directNameOf(ann)).toBe('ann@example.com');
    expect(view.storedDirectName('bob@example.com')).toBe('bob@example.com');
  });

  it('are seen by nobody else if they are private, nor in a name that another program stored', () => {
    const view = createEmailView(false);
    expect([1, 2].map((viewer) => view.toVisibleUser(ann, viewer).email)).toEqual(['ann@example.com', null]);
    expect(view.directNameOf(ann)).toBe('ann');
    expect(view.storedDirectName('bob@example.com')).toBe('');
    expect(view.storedDirectName('Bob and Ann')).toBe('Bob and Ann');
  });
});
