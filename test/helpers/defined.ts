/** The value, which a test needs to be there. */
export function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not there');
  return value;
}
