// How much there is to guess in a text, at most: what continues a pattern is no news. It finds what is made by a habit, and
// cannot know what is written in a book.

/** A run of fewer characters may be chance: random hex digits have one of three in one value of five. */
const SHORTEST_RUN = 4;
/** Enough of any text: the search for repeats takes the square of it. */
const LOOKED_AT = 2048;
/** How far letters or digits that follow each other evenly are apart at most, as in `abc`, `97531`. */
const LARGEST_STEP = 2;

/** Keys side by side, on the keyboards of most: rows, and columns as fingers go down them. */
const ROWS = [
  ...['1234567890', '!@#$%^&*()', 'qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./', 'qwertzuiopü', 'yxcvbnm'],
  ...['azertyuiop', 'qsdfghjklm', 'wxcvbn', 'qazwsxedcrfvtgbyhnujmikolp', '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik'],
].flatMap((row) => [row, [...row].reverse().join('')]);

/** In bits: about what there is in a random text, and next to nothing in one that repeats itself or counts. */
export function variety(text: string): number {
  const characters = [...text.toLowerCase()].slice(0, LOOKED_AT);
  // Of two patterns that take turns, as in `a1b2c3`, each is seen by itself.
  const [even, odd] = [0, 1].map((rest) => characters.filter((_, place) => place % 2 === rest));
  const least = Math.min(news(characters), news([...(even as string[]), ...(odd as string[])]));
  return least * Math.log2(Math.max(1, new Set(characters).size));
}

/** True for a text that is one part again and again, the last time perhaps not whole. */
export function isPeriodic(text: string): boolean {
  const plain = text.toLowerCase().slice(0, LOOKED_AT);
  for (let period = 1; period <= plain.length / 2; period += 1) {
    if (plain.startsWith(plain.slice(period))) return true;
  }
  return false;
}

/** Counts the characters that nothing before them foretells; a run that does not is one of them. */
function news(characters: readonly string[]): number {
  let count = 0;
  let distance = 0;
  for (let place = 0; place < characters.length; ) {
    const repeat = longestRepeat(characters, place);
    const length = Math.max(repeat.length, evenSteps(characters, place), alongRow(characters, place));
    const isRun = length >= SHORTEST_RUN;
    // A pattern that goes on after one character in it was another, as in `secret1secret2`, is no news.
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
