import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SmallSet } from './small-set.ts';

test('does as a set does', () => {
  const members = Array.from({ length: 4 }, (_, name) => ({ name }));
  const step = fc.record({ adds: fc.boolean(), who: fc.nat(members.length - 1) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const small = new SmallSet<{ name: number }>();
      const plain = new Set<{ name: number }>();
      for (const { adds, who } of steps) {
        const member = members[who] as { name: number };
        if (adds) {
          small.add(member);
          plain.add(member);
        } else {
          expect(small.delete(member)).toBe(plain.delete(member));
        }
        expect([...small]).toEqual([...plain]);
        expect(small.size).toBe(plain.size);
        expect(members.map((one) => small.has(one))).toEqual(members.map((one) => plain.has(one)));
      }
    }),
  );
});

test('goes on with the others where one goes meanwhile', () => {
  const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
  const small = new SmallSet<{ name: string }>();
  for (const one of [a, b, c]) small.add(one);
  const seen: string[] = [];
  for (const one of small) {
    seen.push(one.name);
    small.delete(one);
  }
  expect(seen).toEqual(['a', 'b', 'c']);
  expect([...small]).toEqual([]);
});
