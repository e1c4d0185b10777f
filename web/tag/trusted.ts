/**
 * On a page with `require-trusted-types-for 'script'`, the two URLs that the tag loads code from must be vouched for.
 * The policy, "vitrine", makes no HTML and no scripts, and is never handed to the page.
 */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

/** @returns a function that vouches; without Trusted Types, or where the page forbids the policy, it changes nothing. */
export function createVouch(scope: object): (url: string) => string {
  if (!('trustedTypes' in scope)) return (url) => url
  try {
    // The DOM library of TypeScript 6 does not know Trusted Types yet.
    const policy = (scope.trustedTypes as TrustedTypes).createPolicy('vitrine', { createScriptURL: (url) => url })
    return (url) => policy.createScriptURL(url)
  } catch {
    return (url) => url // the page lists its policies and ours is not one: the worker will not start, and status says so
  }
}
