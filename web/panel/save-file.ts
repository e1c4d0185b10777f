/** Hands the shopper a file, made on the device. */
export function saveFile(name: string, content: BlobPart, type: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

/** `shop.example-2026-11-23` */
export const datedName = (what = ''): string => `${location.hostname}${what}-${new Date().toISOString().slice(0, 10)}`
