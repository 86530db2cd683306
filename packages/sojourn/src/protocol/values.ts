// Which form do attribute values have on the wire?
export { fromWire } from '../engine/from-wire.ts'
export { toWire } from '../engine/to-wire.ts'
export type { Json } from '../engine/wire-walk.ts'
