/** Reads the numbers and strings of OpenPGP packets one after the other; throws `RangeError` past the end. */
export class OctetReader {
  #at = 0;
  readonly #octets: Uint8Array;
  readonly #numbers: 'any' | 'canonical';

  /** @param numbers - whether every multiprecision integer must be positive and written in the only way that is allowed. */
  constructor(octets: Uint8Array, numbers: 'any' | 'canonical' = 'any') {
    this.#octets = octets;
    this.#numbers = numbers;
  }

  /** How many octets were read. */
  get position(): number {
    return this.#at;
  }

  octet(): number {
    return this.take(1)[0] ?? 0;
  }

  isAtEnd(): boolean {
    return this.#at === this.#octets.length;
  }

  /** A number of the given length in octets, most significant first. */
  number(octets: number): number {
    return this.take(octets).reduce((number, octet) => number * 256 + octet, 0);
  }

  rest(): Uint8Array {
    return this.take(this.#octets.length - this.#at);
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#octets.length) throw new RangeError('unexpected end of packet');
    const taken = this.#octets.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** A multiprecision integer (RFC 9580, section 3.2): its octets, without the two that count the bits. */
  mpi(): Uint8Array {
    const bits = this.number(2);
    const number = this.take(Math.ceil(bits / 8));
    if (this.#numbers === 'canonical' && (bits === 0 || bits !== bitsIn(number)))
      throw new RangeError('a number with leading zeros');
    return number;
  }
}

function bitsIn(number: Uint8Array): number {
  return number.length * 8 + 24 - Math.clz32(number[0] ?? 0);
}
