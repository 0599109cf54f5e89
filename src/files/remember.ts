/** Makes a search that is done once for each name; it remembers failures too. Let it live no longer than its answers may. */
export function remember<T>(search: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const found = new Map<string, Promise<T>>();
  return (name) => {
    const result = found.get(name) ?? search(name);
    found.set(name, result);
    return result;
  };
}
