// How do the verbs of the SSO face come together, with parts of the context bound?
import type { AttributeSchema } from '../engine/attributes/schema.ts'
import { type CallContext, CONTEXT_FIELDS, merged } from './access/context.ts'
import type { SsoFace } from './face.ts'
import { readFields } from './fields.ts'
import { loginVerbs } from './login/users-login.ts'
import { passwordVerbs } from './passwords/users-password.ts'
import type { Schemas, Services } from './services.ts'
import { sessionEndVerbs } from './sessions/sessions-end.ts'
import { sessionListVerbs } from './sessions/sessions-list.ts'
import { sessionReadVerbs } from './sessions/sessions-read.ts'
import { creationVerbs } from './users/users-create.ts'
import { deletionVerbs } from './users/users-delete.ts'
import { readVerbs } from './users/users-read.ts'
import { stateVerbs } from './users/users-state.ts'
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
      return createFace(services, schemas, merged(bound, { ...context }))
    },
  }
}
