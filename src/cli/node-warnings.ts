// Node.js before 20.19.3 calls these experimental; openpgp.js uses them, and the user cannot do anything about it.
const NO_NEWS = /^The (?:Ed25519|X25519) Web Crypto API algorithm is an experimental feature\b/;

/** Keeps Node's warnings about the experimental state of two algorithms off standard error; other warnings are shown as usual. */
export function withoutWebCryptoWarnings(): void {
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    const [warning] = args;
    if (!NO_NEWS.test(warning instanceof Error ? warning.message : String(warning))) emit(...args);
  };
}
