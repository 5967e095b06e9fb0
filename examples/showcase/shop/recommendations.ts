import { catalogue, type Product } from './catalogue.ts'

const CUSTOMERS = 400

/** Who bought what: made up, but the same at every start. A customer likes one material, one style and one thing. */
const buyers: readonly Set<number>[] = catalogue.map(({ id }) => {
  const set = new Set<number>()
  for (let customer = 0; customer < CUSTOMERS; customer++) {
    if ((id * 31 + customer * 17) % 23 === 0 || (id % 12 === customer % 12 && (id + customer) % 7 === 0)) set.add(customer)
  }
  return set
})

/** The `limit` products most often bought by the customers who bought `id`: item-to-item cosine similarity. */
export function recommend (id: number, limit = 5): Product[] {
  const mine = buyers[id]
  if (mine === undefined) return []
  const scored = catalogue.map(product => {
    const theirs = buyers[product.id] ?? new Set()
    let shared = 0
    for (const customer of mine) if (theirs.has(customer)) shared++
    return { product, score: product.id === id || shared === 0 ? 0 : shared / Math.sqrt(mine.size * theirs.size) }
  })
  return scored.sort((a, b) => b.score - a.score).slice(0, limit).map(({ product }) => product)
}
