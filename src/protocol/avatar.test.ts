import { expect, it } from 'vitest';
import { avatar } from './avatar.ts';
import { decode } from './decode.ts';

it.each([
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  ' javascript:alert(1)',
  '\u0001\u001fjavascript:alert(1)',
  'java\nscript:alert(1)',
  'j\ta\rv\na\tscript\n:alert(1)',
  '\u00a0\ufeff\u200bjavascript:alert(1)',
  'javascript\t:alert(1)',
  'data:text/html,x',
  'DATA:image/png;base64,AAAA',
  '\u000bdata:,x',
  'vbscript:x',
  'VBScript:x',
])('refuses %j', (address) => {
  expect(decode(avatar, address)).toMatchObject({ ok: false, details: [{ path: '' }] });
});

it('refuses every text that the URL parser reads as such an address', () => {
  for (const scheme of ['javascript', 'data', 'vbscript']) {
    for (let code = 1; code <= 0x20; code += 1) {
      const odd = String.fromCharCode(code);
      for (const text of [
        `${odd}${scheme}:x`,
        `${scheme.slice(0, 2)}${odd}${scheme.slice(2)}:x`,
        `${scheme}${odd}:x`,
      ]) {
        const isHarmful = URL.canParse(text) && new URL(text).protocol === `${scheme}:`;
        if (isHarmful) expect(decode(avatar, text).ok, JSON.stringify(text)).toBe(false);
      }
    }
  }
});

it.each(['https://example.com/a.png', 'a.png', '/a/b.png', '', 'datafile.png', 'javascript.png', './data:x', 'blob:x'])(
  'takes %j as it is',
  (address) => {
    expect(decode(avatar, address)).toEqual({ ok: true, data: address });
  },
);
