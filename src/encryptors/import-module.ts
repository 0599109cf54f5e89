/** Loads an ES module by its URL. A module of its own, since a bundle must leave this one import to Node.js. */
export async function importModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  return (await import(url)) as Readonly<Record<string, unknown>>;
}
