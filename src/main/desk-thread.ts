// The thread of the desk: pages, cases, inside, registry, mail and the webhooks of cases. Nothing of it runs where calls are
// answered, and it may wait for a disk as long as it takes.
import { parentPort, workerData } from 'node:worker_threads'
import { openGuarded } from '#main/desk/desk-doors.ts'
import type { DeskOrder, DeskTask } from '#main/desk/desk-messages.ts'
import { isAttended } from './attended.ts'
import { openCallingRoom } from './calling-room.ts'
import { createPeers } from './peer-room.ts'
import { openPolicyRoom } from './policy-room.ts'
import { createTour } from './tour-room.ts'

const main = parentPort!
const doors = await openGuarded(workerData as DeskTask, (report) => main.postMessage(report, []), {
  openCalling: openCallingRoom,
  openPeers: createPeers,
  createTour,
  reload: isAttended() ? undefined : `kill -HUP ${process.pid}`,
  openPolicies: openPolicyRoom,
})
if (doors !== undefined) {
  main.on('message', (order: DeskOrder) => {
    void doors.follow(order).then((isOver) => isOver && main.close())
  })
}
