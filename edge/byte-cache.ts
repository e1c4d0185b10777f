/**
 * Bytes that were read and checked, or compressed, kept for the next request. Concurrent requests for the same key wait
 * for the same work. The least recently used go first; failures and absences are not kept.
 */
export class ByteCache {
  readonly #entries = new Map<string, { bytes: Promise<Uint8Array | undefined>; size: number }>()
  #sizeBytes = 0

  constructor(readonly maxBytes: number) {}

  get(key: string, make: () => Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    const kept = this.#entries.get(key)
    if (kept) {
      this.#entries.delete(key) // a Map iterates in order of insertion: the oldest use is first
      this.#entries.set(key, kept)
      return kept.bytes
    }
    const entry = { bytes: make(), size: 0 }
    this.#entries.set(key, entry)
    entry.bytes.then(
      (bytes) => {
        if (this.#entries.get(key) !== entry) return
        if (!bytes) return this.delete(key)
        entry.size = bytes.length
        this.#sizeBytes += bytes.length
        for (const oldest of this.#entries.keys()) {
          if (this.#sizeBytes <= this.maxBytes) break
          this.delete(oldest)
        }
      },
      () => {
        if (this.#entries.get(key) === entry) this.delete(key)
      },
    )
    return entry.bytes
  }

  delete(key: string): void {
    this.#sizeBytes -= this.#entries.get(key)?.size ?? 0
    this.#entries.delete(key)
  }
}
