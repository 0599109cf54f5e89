import type { EyamlError, Place, Problem } from '../errors.js';
import { abridged } from './abridged.js';
import { groupBy } from './group-by.js';

/** A place as people and editors write it: `file:line:column`, `file: setting`, `line 5`, `--option`. */
export function placeText(place: Place): string {
  if ('option' in place) return place.option;
  if (!('file' in place)) return `line ${place.line}`;
  const { file, line, column, setting } = place;
  const at = [file, line, column].filter((part) => part !== undefined).join(':');
  return setting === undefined ? at : `${at}: ${setting}`;
}

/** What an error says beside its message, as lines for a person: each problem with its place, then what to do. */
export function detailLines({ problems, suggestions }: EyamlError): readonly string[] {
  return [...problemLines(problems), ...suggestions.map((suggestion) => `hint: ${suggestion}`)];
}

/** Problems as lines for a person: what many places have in common is told once, with the first of them. */
export function problemLines(problems: readonly Problem[]): readonly string[] {
  const groups = groupBy(problems, ({ message, suggestion = '' }) => `${message}\n${suggestion}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { message, suggestion } = first;
    const places = group.map(({ place, keyPath }) => [place && placeText(place), keyPath].filter(Boolean).join(': '));
    const toDo = suggestion ? [`    ${suggestion}`] : [];
    if (places.length === 1) return [`  ${[...places.filter(Boolean), message].join(': ')}`, ...toDo];
    const { shown, more } = abridged(places.filter(Boolean));
    const rest = more > 0 ? [`    and ${more} more`] : [];
    return [`  ${message}`, ...shown.map((place) => `    ${place}`), ...rest, ...toDo];
  });
}
