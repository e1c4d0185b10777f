/** What takes the place of Node's `crypto` in what a browser runs (`../build.ts`). */
export const webcrypto = crypto
