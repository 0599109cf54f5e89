import { openEyamlFile, type EyamlFile } from '../eyaml/file.js';
import { hasCode, EyamlError } from '../errors.js';
import { readSnapshot, type Snapshot } from '../files/snapshot.js';

// Each failure means that another process wrote the file, so all of them together make progress.
const ATTEMPTS = 1000;

/**
 * Changes a file, whatever other writers do: if it changed since it was read, the change is made again in what it is now.
 *
 * @param first - the file as it was opened.
 * @param change - gives the new text; it may be called again.
 * @throws {@link EyamlError} as `change` and `EyamlFile.replace` throw it; `FILE_CHANGED` if the file never stays the same.
 */
export async function changeFile(
  first: EyamlFile,
  change: (eyaml: EyamlFile) => Promise<string>,
  newText: string,
): Promise<void> {
  let eyaml = first;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await eyaml.replace(await change(eyaml), { onConflict: 'fail' });
      return;
    } catch (error) {
      // A file that is being written in place may have been read in the middle of that.
      const isOld =
        hasCode(error, 'FILE_CHANGED') || (error instanceof EyamlError && !(await isCurrent(eyaml.snapshot)));
      if (!isOld || attempt === ATTEMPTS) throw error;
    }
    eyaml = await openEyamlFile(first.path, first.untagged, newText);
  }
}

async function isCurrent({ path, octets }: Snapshot): Promise<boolean> {
  const now = (await readSnapshot(path)).octets;
  return now === undefined || octets === undefined ? now === octets : now.equals(octets);
}
