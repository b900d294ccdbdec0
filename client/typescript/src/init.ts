import type { FetchResponse, MaybeOptionalInit } from 'openapi-fetch'

type Given<Path extends Record<string | number, any>, Verb extends keyof Path> = MaybeOptionalInit<Path, Verb>

/** What a call takes: `params` with what stands in the path and the query, and `body`; nothing where none is needed. */
export type Init<Path extends Record<string | number, any>, Verb extends keyof Path> =
  undefined extends Given<Path, Verb> ? [init?: Given<Path, Verb>] : [init: Given<Path, Verb>]

/** What a call answers. */
export type Answer<Operation extends Record<string | number, any>> =
  NonNullable<FetchResponse<Operation, {}, 'application/json'>['data']>
