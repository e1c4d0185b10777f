/** Search on real judgements: 19,406 products, 135 queries. Minutes, so only with VITRINE_SOAK. */
import { expect, it } from 'vitest'
import { encodeText, encodeTextEncoder, MAX_TEXT_ENCODER_BYTES } from '../../shared/model/text-encoder.ts'
import { readCollection } from '../../trainer/search-collection.ts'
import { evaluateSearch } from '../../trainer/search-evaluation.ts'
import { readCorpus } from '../../trainer/text/corpus.ts'
import { distil } from '../../trainer/text-encoder.ts'
import { besideRepository } from '../shared-data.ts'

const chorus = besideRepository('data', 'chorus-icecat-search')

it.skipIf(!chorus || !process.env.VITRINE_SOAK)(
  'Chorus: words find what upstream’s judges wanted, and the catalogue’s own encoder fits its budget and takes nothing away',
  { timeout: 900_000 },
  async () => {
    const collection = await readCollection(chorus!)
    expect(collection.products).toHaveLength(19_406)
    expect(collection.queries).toHaveLength(135)
    expect(collection.unknownItems).toBe(0)
    const { encoder } = await distil(await readCorpus(chorus!), undefined, { width: 64, sentences: 20_000, seed: 1 })
    expect(encodeTextEncoder(encoder).length).toBeLessThanOrEqual(MAX_TEXT_ENCODER_BYTES)
    const encoders = { none: (text: string) => encodeText(encoder, text) }
    const { systems, comparisons } = evaluateSearch(collection, { encoders, halvings: 2, seed: 1 })
    expect(systems.lexical['ndcg@10']).toBeGreaterThan(0.68)
    const both = comparisons.find(({ a, b }) => a === 'both: none' && b === 'lexical')!
    expect(both.interval.high).toBeGreaterThan(0)
    expect(both.interval.low).toBeGreaterThan(-0.02)
  },
)
