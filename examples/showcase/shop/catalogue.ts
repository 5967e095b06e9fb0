export interface Product {
  readonly id: number
  readonly name: string
  readonly category: string
  readonly priceCents: number
}

const materials = ['Oak', 'Steel', 'Linen', 'Brass', 'Cork', 'Canvas', 'Copper', 'Wool', 'Slate', 'Bamboo', 'Leather', 'Glass']
const styles = ['Harbour', 'Captain', 'Galley', 'Deckhand', 'Lighthouse', 'Anchor', 'Compass', 'Voyager', 'Mariner', 'Tideline']
const things = ['Lamp', 'Chair', 'Kettle', 'Blanket', 'Shelf', 'Basket', 'Mug', 'Desk', 'Clock', 'Rope', 'Toolbox', 'Mirror']
const finishes = ['plain', 'oiled', 'painted', 'waxed', 'weathered', 'polished']
const categories = ['kitchen', 'living', 'work', 'outdoor']

/** 8,640 products, the same ones at every start. */
export const catalogue: readonly Product[] = materials.flatMap(material => styles.flatMap(style => things.flatMap(thing =>
  finishes.map(finish => `${material} ${style} ${thing}, ${finish}`)))).map((name, id) => ({
  id,
  name,
  category: categories[id % categories.length] ?? 'living',
  priceCents: 900 + (id * 7919) % 24_000
}))
