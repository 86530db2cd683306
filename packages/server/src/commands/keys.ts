// How are server keys made from the command line?
import type { Command } from 'commander'
import { addCommand, addGroup } from '../command-line/command.ts'
import type { Run } from '../command-line/run.ts'
import { AlreadyThere } from '../command-line/usage.ts'
import { newKey, readOrMakeKeys } from '../keys-file.ts'

const EXAMPLE = 'sojourn keys generate --keys-file sojourn.db.keys'

/** Adds `sojourn keys ...`. */
export function addKeys(program: Command, run: Run): void {
  const group = addGroup(program, 'keys', 'Make server keys.', EXAMPLE)
  addCommand(
    group,
    run,
    {
      name: 'generate',
      summary: 'Make a server key: print it, or keep it in a new file with --keys-file.',
      example: EXAMPLE,
      database: 'own',
      options: [['--keys-file <file>', 'a file that is not there yet, to keep the key in']],
    },
    async ({ options }) => {
      const file: string | undefined = options['keysFile']
      if (file === undefined) {
        const key = newKey()
        return { text: key, data: { key } }
      }
      const { made } = await readOrMakeKeys(file)
      if (!made) throw new AlreadyThere(`The file ${file} exists already; it was not changed.`)
      return { text: `Made the key ring ${file}.`, data: { keysFile: file } }
    },
  )
}
