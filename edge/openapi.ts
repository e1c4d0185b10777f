/** The OpenAPI 3.1 document, made from the routes: each describes itself where it is declared, in app.ts. */
import { STATUS_CODES } from 'node:http'
import type { Env, Hono, MiddlewareHandler } from 'hono'
import { type DescribeRouteOptions, describeRoute, generateSpecs, resolver } from 'hono-openapi'
import * as v from 'valibot'
import { type ProblemStatus, problemSchema } from './problem.ts'

interface RouteDescription {
  summary: string
  description?: string
  /** JSON, or other media types by name. */
  body?: v.GenericSchema | string
  /** What is answered when all is well: JSON, or other media types by name. */
  answers: { [status in 200 | 201]?: v.GenericSchema | string }
  /** It has an ETag, and If-None-Match may be answered with 304. */
  cached?: true
  problems: ProblemStatus[]
  /** Only for the operator. */
  operator?: true
}

const describedProblem = v.pipe(problemSchema, v.metadata({ ref: 'Problem' }))

/** Describes the route that it is a part of. */
export function describe(route: RouteDescription): MiddlewareHandler {
  const responses: DescribeRouteOptions['responses'] = {}
  for (const [status, answer] of Object.entries(route.answers)) {
    responses[status] = { description: STATUS_CODES[status] ?? status, content: contentOf(answer) }
  }
  if (route.cached) responses[304] = { description: 'The client has it: If-None-Match names it' }
  for (const status of route.problems) {
    const content = { 'application/problem+json': { schema: resolver(describedProblem) } }
    responses[status] = { description: STATUS_CODES[status] ?? String(status), content }
  }
  return describeRoute({
    summary: route.summary,
    description: route.description,
    tags: [route.operator ? 'operator' : 'public'],
    ...(route.operator && { security: [{ operator: [] }] }),
    ...(route.body && { requestBody: { required: true, content: contentOf(route.body) } }),
    responses,
  })
}

function contentOf(described: v.GenericSchema | string) {
  if (typeof described === 'string') return { [described]: {} } // bytes have no schema (OpenAPI 3.1, 4.8.14.1)
  return { 'application/json': { schema: resolver(described) } }
}

/** `app`'s own paths, so the document is right wherever the application is mounted: its server is its own folder. */
export function openApiDocument<E extends Env>(app: Hono<E>, version: string) {
  return generateSpecs(app, {
    excludeStaticFile: false, // vitrine.js and openapi.json are routes like the others
    defaultValidationErrorResponse: false, // ours are problems, said with each route
    documentation: {
      info: {
        title: 'Vitrine edge',
        description:
          'Serves the tag and the signed bundles that recommend in the shopper’s own browser. HEAD works like GET.',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '.' }],
      tags: [
        { name: 'public', description: 'Open to every origin; the same for everyone.' },
        { name: 'operator', description: 'Needs the operator’s token.' },
      ],
      components: { securitySchemes: { operator: { type: 'http', scheme: 'bearer' } } },
    },
  })
}
