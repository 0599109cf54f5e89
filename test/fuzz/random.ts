/** Numbers that look random and come again with the same seed (mulberry32). */
export interface Random {
  /** A whole number from 0, less than `below`. */
  readonly below: (below: number) => number;
  readonly pick: <T>(choices: readonly T[]) => T;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    below,
    pick: <T>(choices: readonly T[]) => {
      const choice = choices[below(choices.length)];
      if (choice === undefined) throw new RangeError('nothing to choose from');
      return choice;
    },
  };
}

const WORDS = [
  ...[
    'ENC[',
    'ENC[GPG,',
    'ENC[PKCS7,',
    'enc [gpg ',
    '\\u0045NC[',
    'MIIB',
    'aGVsbG8=',
    'aGVsbG8',
    ']',
    '\\',
    '=',
    '/',
    'DEC(1)::GPG[',
    'DEC::PKCS7[',
  ],
  ...[
    ']!',
    ']\\!',
    ':base64[',
    '\n',
    '\r\n',
    '\r',
    '  ',
    '\t',
    '# ',
    'key: ',
    '- ',
    '? ',
    '>',
    '|',
    '>-\n    ',
    '>2\n  ',
    '"',
    "'",
  ],
  ...['{', '}', '[', ',', '&a ', '*a', '!!binary ', '---\n', '...\n', 'ü', '\u{1f511}', '\ufeff', '\u2028', '\0', 'x'],
  ...['0x618FFB1B4D739FFF', 'alice@example.com', '%{lookup("a")}', '<%= b %>', '*', '!', ' #'],
];

/** A text of pieces that mean something to one of the readers. */
export function randomText({ below, pick }: Random): string {
  const words = Array.from({ length: 1 + below(8) }, () => pick(WORDS));
  return Array.from({ length: below(40) }, () => (below(4) === 0 ? pick(WORDS) : pick(words))).join('');
}

/** Octets with some of them changed, cut out, doubled or made up. */
export function mutate(octets: Uint8Array, { below }: Random): Buffer {
  let changed = Buffer.from(octets);
  for (let n = 1 + below(4); n > 0; n -= 1) {
    const at = below(changed.length + 1);
    const end = Math.min(changed.length, at + below(1 + below(64)));
    const made = Buffer.from(Array.from({ length: below(8) }, () => below(256)));
    const middle = [changed.subarray(at, end), made, Buffer.alloc(0), Buffer.concat([changed.subarray(at, end), made])];
    if (below(2) === 0 && at < changed.length) changed[at] = below(256);
    else changed = Buffer.concat([changed.subarray(0, at), middle[below(4)] ?? made, changed.subarray(end)]);
  }
  return changed;
}
