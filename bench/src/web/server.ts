// Which contestant does this process serve? Named by the first argument; it tells its port to the process that forked it,
// and whenever that asks, how much CPU time it has had.
import { once } from 'node:events'
import { ENTRANTS } from './contestants.ts'

const [name, folder = '.'] = process.argv.slice(2)
const contestant = ENTRANTS.get(name ?? '')
if (contestant === undefined) throw new Error(`There is no contestant ${name}`)
const { server, close } = await contestant.serve(folder)
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
process.send?.(typeof address === 'object' ? address?.port : undefined)
process.on('message', () => process.send?.(process.cpuUsage()))
process.once('disconnect', () => void close().then(() => process.exit()))
