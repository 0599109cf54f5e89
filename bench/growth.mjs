// How the time of a case grows with its size.
import { takeTurns } from './measure.mjs';
import { TOOL } from './targets.mjs';
import { eyaml } from './world.mjs';

/** The largest exponent that still counts as linear. */
export const LINEAR = 1.1;
// Below so many milliseconds of work at the largest size, the exponent would be noise.
const TOO_SHORT = 50;

/**
 * Measures a case at a quarter of its size, half of it, and all of it.
 *
 * @returns its `title`, the `sizes`, the median `walls` for them, and the `exponent`: NaN when there is too little work to tell.
 */
export async function measureGrowth(world, { title, commands }, { size, turns }) {
  const sizes = [4, 2, 1].map((part) => Math.ceil(size / part));
  const all = { version: eyaml(world, ['version']) };
  for (const n of sizes) all[n] = (await commands(world, n))[TOOL];
  const medians = await takeTurns(all, { run: world.run, turns });
  const walls = sizes.map((n) => medians[n].wall);
  return { title, sizes, walls, exponent: exponent(sizes, walls, medians.version.wall) };
}

// The slope of a line through the logarithms, the start of the program left out.
function exponent(sizes, walls, start) {
  const works = walls.map((wall) => Math.max(1, wall - start));
  if (works.at(-1) < TOO_SHORT) return Number.NaN;
  const [x, y] = [sizes, works].map((numbers) => numbers.map(Math.log));
  const [middleX, middleY] = [x, y].map((numbers) => numbers.reduce((a, b) => a + b) / numbers.length);
  const sum = (of) => x.reduce((total, _, i) => total + of(i), 0);
  return sum((i) => (x[i] - middleX) * (y[i] - middleY)) / sum((i) => (x[i] - middleX) ** 2);
}
