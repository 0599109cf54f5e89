import { EyamlError, errnoOf } from '../errors.js';
import { REASONS } from './fault.js';

function reasonOf(error: unknown): string {
  const errno = errnoOf(error) ?? 'unknown error';
  return REASONS[errno] ?? errno;
}

/** The coded error for a file that cannot be read or written; an {@link EyamlError} stays as it is. */
export function cannot(verb: 'read' | 'write', file: string, error: unknown): EyamlError {
  if (error instanceof EyamlError) return error;
  return new EyamlError(
    verb === 'read' ? 'FILE_UNREADABLE' : 'FILE_UNWRITABLE',
    `cannot ${verb} ${file}: ${reasonOf(error)}`,
  );
}

// Errors of a folder in which nobody, or not this user, can create a file.
const OF_THE_FOLDER: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** The coded error for a file beside which no file can be created; it names the folder if that is the problem. */
export function cannotCreateIn(folder: string, file: string, error: unknown): EyamlError {
  if (!OF_THE_FOLDER.has(errnoOf(error) ?? '')) return cannot('write', file, error);
  return new EyamlError('FILE_UNWRITABLE', `cannot write ${file}: its folder is not writable (${reasonOf(error)})`, {
    suggestions: [`eyaml creates a lock and a temporary file beside the file: make ${folder} writable`],
  });
}
