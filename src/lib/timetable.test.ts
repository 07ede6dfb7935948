import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOWHERE, Timetable } from './timetable.ts';

interface Named {
  readonly name: number;
  place: number;
}

const LONGEST_WAIT = 1_000;

const named = (name: number): Named => ({ name, place: NOWHERE });

describe('a timetable', () => {
  it('looks at whose time has come, and again at the time that the look gave', () => {
    const table = new Timetable<Named>(LONGEST_WAIT);
    for (const name of [1, 2, 3]) table.add(named(name), name * 10);
    const seen: number[] = [];
    const lookAt = (now: number) =>
      table.visit(now, ({ name }) => {
        seen.push(name);
        return now + 100;
      });
    lookAt(20);
    expect(seen.splice(0).sort()).toEqual([1, 2]);
    lookAt(30);
    expect(seen.splice(0)).toEqual([3]);
    lookAt(119);
    expect(seen).toEqual([]);
    lookAt(120);
    expect(seen.splice(0).sort()).toEqual([1, 2]);
  });

  it('looks at nobody who was taken out, twice at nobody, and not at who comes meanwhile', () => {
    const table = new Timetable<Named>(LONGEST_WAIT);
    const all = [0, 1, 2, 3, 4].map(named);
    for (const one of all) table.add(one, 0);
    const seen: number[] = [];
    table.visit(0, (one) => {
      seen.push(one.name);
      if (one.name === 3) {
        table.remove(one);
        table.remove(all[0] as Named);
        table.add(named(9), 0);
      }
      return 1;
    });
    expect(seen.sort()).toEqual([1, 2, 3, 4]);
    expect(
      table
        .all()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([1, 2, 4, 9]);
  });

  it('stops after as many as it may look at, and says so', () => {
    const table = new Timetable<Named>(LONGEST_WAIT);
    for (let name = 0; name < 5; name += 1) table.add(named(name), 0);
    const seen: number[] = [];
    const look = ({ name }: Named) => {
      seen.push(name);
      return 1;
    };
    expect([1, 2, 3].map(() => table.visit(0, look, 2))).toEqual([true, true, false]);
    expect(seen.sort()).toEqual([0, 1, 2, 3, 4]);
    expect(table.visit(0, look, 2)).toBe(false);
  });

  it('looks again at once after its clock was set back, not when the clock has come there again', () => {
    const table = new Timetable<Named>(LONGEST_WAIT);
    table.add(named(1), 1_000_500);
    const seen: number[] = [];
    const look = (now: number) =>
      table.visit(now, ({ name }) => {
        seen.push(name);
        return now + LONGEST_WAIT;
      });
    look(1_000_000);
    expect(seen).toEqual([]);
    look(500_000);
    look(500_999);
    expect(seen).toEqual([1]);
    look(501_000);
    expect(seen).toEqual([1, 1]);
  });

  it('does as a map of names and times does, whatever happens to it', () => {
    const step = fc.record({
      what: fc.constantFrom('add', 'remove', 'reschedule', 'visit'),
      who: fc.nat(199),
      at: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const table = new Timetable<Named>(LONGEST_WAIT);
        const items = Array.from({ length: 200 }, (_, name) => named(name));
        const times = new Map<number, number>();
        for (const { what, who, at } of steps) {
          const item = items[who] as Named;
          if (what === 'add' && !times.has(who)) {
            times.set(who, at);
            table.add(item, at);
          } else if (what === 'remove') {
            times.delete(who);
            table.remove(item);
          } else if (what === 'reschedule') {
            if (times.has(who)) times.set(who, at);
            table.reschedule(item, at);
          } else if (what === 'visit') {
            const due = [...times].filter(([, time]) => time <= at).map(([name]) => name);
            const seen: number[] = [];
            table.visit(at, ({ name }) => {
              seen.push(name);
              times.set(name, at + (name % 7));
              return at + (name % 7);
            });
            expect(seen.sort()).toEqual(due.sort());
          }
          expect(table.size).toBe(times.size);
        }
        expect(new Set(table.all().map(({ name }) => name))).toEqual(new Set(times.keys()));
      }),
    );
  });
});
