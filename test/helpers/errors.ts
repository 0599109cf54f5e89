import { EyamlError } from '../../src/errors.js';

/** The {@link EyamlError} that the work ends with; fails when it ends otherwise. */
export async function eyamlErrorOf(work: () => unknown): Promise<EyamlError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof EyamlError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
