// Reads the journal beside the gate: two million rows take about two seconds, in which no call must wait.
import { parentPort, workerData } from 'node:worker_threads'
import { type LearningTask, learnSigners } from './learn-signers.ts'

const { policy, memory, url, nowMs } = workerData as LearningTask
parentPort!.postMessage(learnSigners(policy, memory, url, nowMs), [])
