/** A fingerprint in groups of four digits with a wider gap in the middle, as GnuPG shows it to people who compare it. */
export function groupedFingerprint(fingerprint: string): string {
  const groups = fingerprint.match(/.{1,4}/g) ?? [];
  const middle = groups.length >> 1;
  return `${groups.slice(0, middle).join(' ')}  ${groups.slice(middle).join(' ')}`;
}
