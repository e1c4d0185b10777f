/**
 * A worker from code that was fetched and held to its hash, by way of a Blob: a worker from another origin is refused by
 * every browser, and one from a Blob may use the shop's storage and needs only `worker-src blob:`.
 */
export function startWorker(code: BlobPart, vouch: (url: string) => string): Worker {
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
  const worker = new Worker(vouch(url))
  worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true })
  return worker
}
