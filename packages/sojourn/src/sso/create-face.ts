// How do the verbs of the SSO face come together, with parts of the context bound?
import type { AttributeSchema } from '../engine/schema.ts'
import { type CallContext, CONTEXT_FIELDS } from './context.ts'
import type { SsoFace } from './face.ts'
import { readFields } from './fields.ts'
import type { Schemas, Services } from './services.ts'
import { sessionEndVerbs } from './sessions-end.ts'
import { sessionListVerbs } from './sessions-list.ts'
import { sessionReadVerbs } from './sessions-read.ts'
import { creationVerbs } from './users-create.ts'
import { deletionVerbs } from './users-delete.ts'
import { loginVerbs } from './users-login.ts'
import { passwordVerbs } from './users-password.ts'
import { readVerbs } from './users-read.ts'
import { stateVerbs } from './users-state.ts'
import { createVerbs } from './verb.ts'

/** The face with that much of the context bound. */
export function createFace<S extends AttributeSchema, U extends AttributeSchema>(
  services: Services,
  schemas: Schemas<S, U>,
  bound: CallContext,
): SsoFace<S, U> {
  const { core, trail, settings } = services
  const verbs = createVerbs({ clock: core.clock, trail, firstApp: settings.apps.first }, bound)
  return {
    user: {
      ...creationVerbs(services, verbs),
      ...readVerbs(services, verbs, schemas.user),
      ...stateVerbs(services, verbs),
      ...deletionVerbs(services, verbs),
      ...passwordVerbs(services, verbs),
      ...loginVerbs(services, verbs),
      session: {
        ...sessionReadVerbs(services, verbs, schemas.session),
        ...sessionListVerbs(services, verbs),
        ...sessionEndVerbs(services, verbs),
      },
    },
    as(context) {
      readFields('context', context, CONTEXT_FIELDS)
      return createFace(services, schemas, { ...bound, ...context })
    },
  }
}
