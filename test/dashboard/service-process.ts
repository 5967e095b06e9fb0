import { startWatchedService } from './watched-service.ts'

// The watched service in a process of its own, that can be killed: its argument is the port. Tells the port and the page,
// and records what its parent sends into the journal.

const { app, port, page } = await startWatchedService({ port: Number(process.argv[2] ?? 0) })
process.on('message', (message) => app.plimsoll.journal.record({ component: 'deployment', event: 'deployed', message: String(message) }))
process.on('disconnect', () => process.exit())
process.send?.({ port, page })
