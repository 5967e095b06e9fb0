import type { TrafficClass } from '../../../tools/load/index.ts'

/** Product that a visit is about: another one each time. */
export const ANY_PRODUCT = '*'

const products: TrafficClass = { name: 'products', weight: 0, path: '/products?page=*' }
const product: TrafficClass = { name: 'product', weight: 0, path: '/products/*' }
const search: TrafficClass = { name: 'search', weight: 0, path: '/search?q=bras%20captin%20lmap' }
const recommendations: TrafficClass = { name: 'recommendations', weight: 0, path: '/recommendations/*' }
const checkout: TrafficClass = {
  name: 'checkout',
  weight: 1,
  method: 'POST',
  path: '/checkout',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ lines: [{ id: 7, quantity: 2 }] })
}

export type MixName = 'browsing' | 'searching' | 'batch' | 'orders'

/** What customers want. Searches and recommendations are the shop's expensive requests. */
export const MIXES: Readonly<Record<MixName, readonly TrafficClass[]>> = {
  browsing: [{ ...products, weight: 55 }, { ...product, weight: 36 }, { ...search, weight: 5 }, { ...recommendations, weight: 4 }],
  searching: [{ ...products, weight: 40 }, { ...product, weight: 38 }, { ...search, weight: 20 }, { ...recommendations, weight: 2 }],
  batch: [{ ...search, weight: 60 }, { ...recommendations, weight: 40 }],
  orders: [checkout]
}

/** Processor time of a request in seconds, the customers' included, about. */
export const CPU_SECONDS: Readonly<Record<MixName, number>> = { browsing: 0.0022, searching: 0.0022, batch: 0.012, orders: 0.002 }
