// Which form do attribute values have on the wire?
export { fromWire } from '../engine/codec/from-wire.ts'
export { toWire } from '../engine/codec/to-wire.ts'
export type { Json } from '../engine/codec/wire-walk.ts'
