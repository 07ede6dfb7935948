// An upper bound of how much there is to guess in a text: what continues a pattern adds nothing. Detects text made by a
// habit, but cannot know text from a book.

/** A shorter run may be chance: one in five values of random hex digits has a run of three. */
const SHORTEST_RUN = 4;
/** Enough of any text, because the search for repeats takes quadratic time. */
const LOOKED_AT = 2048;
/** The largest distance between letters or digits that follow each other evenly, as in `abc`, `97531`. */
const LARGEST_STEP = 2;

/** Neighbouring keys on most keyboards: rows, and columns as fingers go down them. */
const ROWS = [
  ...['1234567890', '!@#$%^&*()', 'qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./', 'qwertzuiopü', 'yxcvbnm'],
  ...['azertyuiop', 'qsdfghjklm', 'wxcvbn', 'qazwsxedcrfvtgbyhnujmikolp', '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik'],
].flatMap((row) => [row, [...row].reverse().join('')]);

/** In bits: about the true value for a random text, and almost nothing for one that repeats itself or counts. */
export function variety(text: string): number {
  const characters = [...text.toLowerCase()].slice(0, LOOKED_AT);
  // Two alternating patterns, as in `a1b2c3`, are each examined separately.
  const [even, odd] = [0, 1].map((rest) => characters.filter((_, place) => place % 2 === rest));
  const least = Math.min(news(characters), news([...(even as string[]), ...(odd as string[])]));
  return least * Math.log2(Math.max(1, new Set(characters).size));
}

/** True for a text that repeats one part, the last time perhaps cut short. */
export function isPeriodic(text: string): boolean {
  const plain = text.toLowerCase().slice(0, LOOKED_AT);
  for (let period = 1; period <= plain.length / 2; period += 1) {
    if (plain.startsWith(plain.slice(period))) return true;
  }
  return false;
}

/** Counts the characters that nothing before them predicts. A run that is not predicted counts as one. */
function news(characters: readonly string[]): number {
  let count = 0;
  let distance = 0;
  for (let place = 0; place < characters.length; ) {
    const repeat = longestRepeat(characters, place);
    const length = Math.max(repeat.length, evenSteps(characters, place), alongRow(characters, place));
    const isRun = length >= SHORTEST_RUN;
    // A pattern that goes on after one other character, as in `secret1secret2`, adds nothing.
    const goesOn = isRun && repeat.length === length && repeat.distance === distance;
    if (isRun && repeat.length === length) distance = repeat.distance;
    if (!goesOn) count += 1;
    place += isRun ? length : 1;
  }
  return count;
}

function longestRepeat(characters: readonly string[], place: number): { length: number; distance: number } {
  let longest = { length: 0, distance: 0 };
  for (let distance = 1; distance <= place; distance += 1) {
    let length = 0;
    while (place + length < characters.length && characters[place + length] === characters[place + length - distance])
      length += 1;
    if (length > longest.length) longest = { length, distance };
  }
  return longest;
}

function evenSteps(characters: readonly string[], place: number): number {
  const step = (at: number) => (characters[at]?.codePointAt(0) ?? NaN) - (characters[at - 1]?.codePointAt(0) ?? NaN);
  const first = step(place + 1);
  if (!(Math.abs(first) <= LARGEST_STEP)) return 1;
  let end = place + 2;
  while (step(end) === first) end += 1;
  return end - place;
}

function alongRow(characters: readonly string[], place: number): number {
  const lengths = ROWS.map((row) => {
    const at = row.indexOf(characters[place] as string);
    let length = at < 0 ? 0 : 1;
    while (length > 0 && place + length < characters.length && row[at + length] === characters[place + length])
      length += 1;
    return length;
  });
  return Math.max(...lengths);
}
