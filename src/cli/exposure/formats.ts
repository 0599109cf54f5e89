import type { Age } from '../../verbs/exposure/age.js';
import type { Exposure } from '../../verbs/exposure/exposure.js';
import type { KnownReader } from '../../verbs/exposure/readers.js';
import { agesCsv, agesJson, agesMarkdown, agesText } from './ages.js';
import { exposureMarkdown } from './markdown.js';
import { readersCsv, readersJson, readersMarkdown, readersText } from './readers.js';
import { exposureCsv, exposureJson } from './tables.js';
import { exposureText } from './text.js';

/** How each kind of result is shown. */
export interface Format {
  readonly exposure: (exposure: Exposure) => string;
  readonly readers: (readers: readonly KnownReader[]) => string;
  readonly ages: (ages: readonly Age[]) => string;
}

/** The forms of a report, by their names. */
export const FORMATS = {
  text: { exposure: exposureText, readers: readersText, ages: agesText },
  csv: { exposure: exposureCsv, readers: readersCsv, ages: agesCsv },
  json: { exposure: exposureJson, readers: readersJson, ages: agesJson },
  markdown: { exposure: exposureMarkdown, readers: readersMarkdown, ages: agesMarkdown },
} as const satisfies Readonly<Record<string, Format>>;

/** Their names. */
export const FORMAT_NAMES = Object.keys(FORMATS) as (keyof typeof FORMATS)[];
