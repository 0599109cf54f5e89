import { stat } from 'node:fs/promises';
import path from 'node:path';

/** A file to ask about: the target itself, or one in the folder that it is. */
export async function fileIn(target: string): Promise<string> {
  const isFolder = await stat(target).then(
    (status) => status.isDirectory(),
    () => false,
  );
  return isFolder ? path.join(target, 'new.yaml') : target;
}
