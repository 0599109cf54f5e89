import type { Age } from '../../verbs/exposure/age.js';
import type { Exposure } from '../../verbs/exposure/exposure.js';
import type { KnownReader } from '../../verbs/exposure/readers.js';
import type { About } from './about.js';
import { agesCsv, agesJson, agesMarkdown, agesText } from './ages.js';
import { agesHtml, exposureHtml, readersHtml } from './html.js';
import { exposureMarkdown } from './markdown.js';
import { readersCsv, readersJson, readersMarkdown, readersText } from './readers.js';
import { exposureCsv, exposureJson } from './tables.js';
import { exposureText } from './text.js';

/** How each kind of result is shown. */
export interface Format {
  readonly exposure: (exposure: Exposure, about: About) => string;
  readonly readers: (readers: readonly KnownReader[], about: About) => string;
  readonly ages: (ages: readonly Age[], about: About) => string;
}

/** The forms of a report, by their names. */
export const FORMATS = {
  text: { exposure: exposureText, readers: readersText, ages: agesText },
  csv: { exposure: exposureCsv, readers: readersCsv, ages: agesCsv },
  json: { exposure: exposureJson, readers: readersJson, ages: agesJson },
  markdown: { exposure: exposureMarkdown, readers: readersMarkdown, ages: agesMarkdown },
  html: { exposure: exposureHtml, readers: readersHtml, ages: agesHtml },
} as const satisfies Readonly<Record<string, Format>>;

/** Their names. */
export const FORMAT_NAMES = Object.keys(FORMATS) as (keyof typeof FORMATS)[];
