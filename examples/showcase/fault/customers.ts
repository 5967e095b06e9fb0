// A thread of customers: so many requests a second, whatever becomes of them. They are not stopped by what stops the shop.
import { workerData } from 'node:worker_threads'

const PATHS = ['/products', '/products', '/products/7', '/products/42', '/search?q=brass%20lamp', '/products', '/products/7', '/products', '/products/42', '/recommendations/7']
const EVERY_MS = 25

const url = String(workerData)
let requests = 0
setInterval(() => {
  fetch(url + PATHS[requests++ % PATHS.length]).then(async response => await response.arrayBuffer(), () => {})
}, EVERY_MS)
