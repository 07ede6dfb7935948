// What an operator sees of a long migration, on a terminal and elsewhere.
import { expect, it } from 'vitest';
import { createProgressBar, createProgressLines } from './progress.ts';

it('says each step once, and why it waits', () => {
  const lines: string[] = [];
  const report = createProgressLines((line) => lines.push(line));
  report({ step: 'numbering messages' });
  report({ step: 'numbering messages', done: 10, total: 100, unit: 'messages' });
  report({ step: 'building an index', waiting: 'an open transaction' });
  expect(lines).toEqual(['numbering messages', 'building an index: waits for an open transaction']);
});

it('says every note, and leaves notes to others if it draws a bar', () => {
  const lines: string[] = [];
  const report = createProgressLines((line) => lines.push(line));
  report({ step: 'a step' });
  report({ step: 'a step', note: 'what was done' });
  report({ step: 'a step', note: 'and more' });
  expect(lines).toEqual(['a step', 'what was done', 'and more']);
  createProgressBar({ write: (text: string) => lines.push(text) }).report({ step: 'a step', note: 'what was done' });
  expect(lines).toHaveLength(3);
});

it('draws a bar over and over on one line of a terminal', () => {
  const written: string[] = [];
  const terminal = { columns: 60, write: (text: string) => written.push(text) };
  const bar = createProgressBar(terminal);
  bar.report({ step: 'numbering messages', done: 30, total: 120, unit: 'messages' });
  bar.report({ step: 'a step whose name is longer than the terminal is wide, all in all' });
  bar.clear();
  const ERASE = '\r\x1b[K';
  expect(written).toEqual([
    ERASE,
    '[######------------------]  25 % numbering messages: 30 of ',
    ERASE,
    'a step whose name is longer than the terminal is wide, all ',
    ERASE,
  ]);
});
