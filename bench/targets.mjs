// What a case must reach. Each target is a text, a limit, and how its figure comes from the medians of the tool and its peers.

// A target is an object: text, limit, unit, and figure, which takes the medians by name and gives NaN when a peer is missing.

/** The name of the tool among the commands of a case; the others are its peers. */
export const TOOL = 'eyaml';

/** At most so many times as long as a peer, or as several together. */
export function times(limit, ...peers) {
  const together = (medians) => peers.reduce((sum, peer) => sum + (medians[peer]?.wall ?? Number.NaN), 0);
  return {
    text: `≤ ${limit} × ${peers.join(' + ')}`,
    limit,
    figure: (medians) => medians[TOOL].wall / together(medians),
    unit: '×',
  };
}

/** At most so many times as long as a peer, the start-up left out. */
export function timesBesideStart(limit, peer) {
  return {
    text: `≤ ${limit} × ${peer}, + version`,
    limit,
    figure: (medians) => (medians[TOOL].wall - medians.version.wall) / (medians[peer]?.wall ?? Number.NaN),
    unit: '×',
  };
}

/** At most so many milliseconds longer than a peer. */
export function longer(limit, peer) {
  return {
    text: `≤ ${peer} + ${limit} ms`,
    limit,
    figure: (medians) => medians[TOOL].wall - medians[peer].wall,
    unit: 'ms more',
  };
}

/** At most so many seconds. */
export function seconds(limit) {
  return { text: `≤ ${limit} s`, limit, figure: (medians) => medians[TOOL].wall / 1000, unit: 's' };
}

/** At most so many milliseconds for each of some values. */
export function eachWithin(limit, count) {
  return { text: `≤ ${limit} ms a value`, limit, figure: (medians) => medians[TOOL].wall / count, unit: 'ms a value' };
}

/** At most so many seconds of CPU. */
export function cpuSeconds(limit) {
  return { text: `CPU ≤ ${limit} s`, limit, figure: (medians) => medians[TOOL].cpu / 1000, unit: 's CPU' };
}

/** At most so many megabytes at the peak. */
export function megabytes(limit) {
  return { text: `peak ≤ ${limit} MB`, limit, figure: (medians) => medians[TOOL].peak, unit: 'MB' };
}
