/** `vitrine text-encoder` and `vitrine evaluate-search` as an operator meets them: child processes on a small shop. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { decodeTextEncoder, encodeText } from '../../shared/model/text-encoder.ts'

const BIN = join(import.meta.dirname, '../../trainer/bin.js')
const folder = mkdtempSync(join(tmpdir(), 'text-commands-'))
const random = seeded('text commands')
const KINDS = ['lamp desk shade', 'kettle stove steam', 'pillow bed feather', 'hammer nail steel'].map((k) =>
  k.split(' '),
)
const products = Array.from({ length: 120 }, (_, n) => {
  const kind = random.pick(KINDS)
  return {
    id: `p${n}`,
    title: random
      .shuffle([...kind])
      .slice(0, 2)
      .join(' '),
    kind: KINDS.indexOf(kind),
  }
})
writeFileSync(join(folder, 'products.jsonl'), products.map(({ id, title }) => JSON.stringify({ id, title })).join('\n'))
writeFileSync(
  join(folder, 'rated.csv'),
  [
    'query,docid,rating',
    ...KINDS.flatMap((words, kind) =>
      words.flatMap((word) => products.map((product) => `${word},${product.id},${product.kind === kind ? 3 : 0}`)),
    ),
  ].join('\n'),
)

function vitrine(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}

describe('text-encoder and evaluate-search', { timeout: 120_000 }, () => {
  it('make an encoder without a teacher, say what each step cost, and measure search with it', async () => {
    const made = await vitrine(
      ...[
        'text-encoder',
        '--data',
        '.',
        '--teacher',
        'none',
        '--width',
        '4',
        '--search',
        '.',
        '--out',
        'runs/t.vta',
        '--json',
      ],
    )
    expect(made.code, made.stderr).toBe(0)
    const report = JSON.parse(made.stdout)
    expect(report.steps.map(({ step }: { step: string }) => step)).toEqual(['reduce', 'fit', 'prune', 'quantise'])
    // The words of a kind stand together and apart from all others: meaning finds what the query's own word does not.
    expect(report.steps[3].measure).toBeGreaterThan(0.95)
    const bytes = readFileSync(join(folder, 'runs', 't.vta'))
    expect(bytes).toHaveLength(report.bytes)
    expect(encodeText(decodeTextEncoder(bytes), 'kettle')).toHaveLength(4)

    const measured = await vitrine(
      'evaluate-search',
      '--data',
      '.',
      '--encoder',
      'runs/t.vta',
      '--halvings',
      '2',
      '--json',
    )
    expect(measured.code, measured.stderr).toBe(0)
    const { queries, systems, perQuery } = JSON.parse(measured.stdout)
    expect(queries).toBe(12)
    expect(systems['both: t']['ndcg@10']).toBeGreaterThan(0.95)
    expect(perQuery).toHaveLength(12)
  })

  it.each([
    [['text-encoder', '--data', '.', '--out', 'x', '--teacher', 'absent.onnx'], /absent\.onnx: no such file or folder/],
    [['text-encoder', '--data', '.', '--out', 'x', '--width', '0'], /--width 0: not a whole number above 0/],
    [['text-encoder', '--data', '.', '--out', 'x'], /only 12 words .* too few for a width of 64/],
    [['evaluate-search', '--data', '.', '--encoder', 'absent.vta'], /absent\.vta: no such file/],
    [['evaluate-search', '--data', '.', '--encoder', 'rated.csv'], /rated\.csv: is no text encoder/],
    [['evaluate-search', '--data', 'absent'], /absent: no such folder/],
  ])('%j is refused with a remedy and exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await vitrine(...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/\n {2}→ /)
    expect(stdout).toBe('')
  })
})
