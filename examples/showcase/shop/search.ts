import { catalogue, type Product } from './catalogue.ts'

/** Three-letter windows of a text, with the padding that makes word starts count. */
function trigrams (text: string): Set<string> {
  const padded = `  ${text.toLowerCase()} `
  const found = new Set<string>()
  for (let at = 0; at + 3 <= padded.length; at++) found.add(padded.slice(at, at + 3))
  return found
}

const indexed = catalogue.map(product => ({ product, grams: trigrams(product.name) }))

/**
 * The `limit` best products by trigram similarity (shared / united trigrams, as in PostgreSQL's pg_trgm), so that
 * misspelt words are found too. Looks at the whole catalogue: this is the shop's honest piece of CPU work.
 */
export function search (query: string, limit = 10): Product[] {
  const wanted = trigrams(query)
  const scored = indexed.map(({ product, grams }) => {
    let shared = 0
    for (const gram of wanted) if (grams.has(gram)) shared++
    return { product, score: shared / (wanted.size + grams.size - shared) }
  })
  return scored.filter(({ score }) => score > 0.1).sort((a, b) => b.score - a.score).slice(0, limit).map(({ product }) => product)
}
