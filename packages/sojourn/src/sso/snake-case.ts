// How is a name of ours written in records and dictionaries?

/** `deleteMany` as `delete_many`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
