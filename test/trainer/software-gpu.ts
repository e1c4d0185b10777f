/**
 * The optional peer `webgpu` on SwiftShader, the software GPU that Chromium brings: the one way to run Dawn in Node on a
 * machine without a GPU. The peer is looked for as the trainer does, beside the repository's packages or in NODE_PATH.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'

const DRIVERS = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/opt/google/chrome/vk_swiftshader_icd.json']

/** What a process needs in its environment, or undefined (and a line that says so) where it cannot be had. */
export function softwareGpu(): Record<string, string> | undefined {
  const driver = DRIVERS.find((path) => existsSync(path))
  try {
    createRequire(import.meta.url).resolve('webgpu')
  } catch {
    console.log('skipped: the optional package webgpu is not installed')
    return undefined
  }
  if (!driver) {
    console.log('skipped: there is no SwiftShader driver for Vulkan')
    return undefined
  }
  return { VK_ICD_FILENAMES: driver, NODE_PATH: process.env.NODE_PATH ?? '' }
}
