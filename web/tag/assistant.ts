/** The page's end of the line to the assistant, which is started by its first question and asks the shopper's worker itself. */
import type { AssistantQuestions, ToAssistant } from '../assistant/protocol.ts'
import type { Questions, ToWorker } from '../protocol.ts'
import { type Connection, connect } from './connection.ts'
import type { Settings } from './settings.ts'

export type Ask = Connection<ToAssistant, AssistantQuestions>['ask']

/** @param load resolves with the assistant's code when the page has had what it needs first */
export function lazyAssistant(
  worker: Connection<ToWorker, Questions>,
  load: () => Promise<Uint8Array<ArrayBuffer>>,
  settings: Pick<Settings, 'policy' | 'language'>,
  vouch: (url: string) => string,
): Ask {
  let assistant: Connection<ToAssistant, AssistantQuestions> | undefined
  return async (name, question) => {
    // A worker that cannot run answers the assistant nothing: its own error is the better one.
    if (!assistant) await worker.ask('status', {})
    assistant ??= start(worker, load, settings, vouch)
    return assistant.ask(name, question)
  }
}

function start(
  worker: Connection<ToWorker, Questions>,
  load: () => Promise<Uint8Array<ArrayBuffer>>,
  { policy, language }: Pick<Settings, 'policy' | 'language'>,
  vouch: (url: string) => string,
): Connection<ToAssistant, AssistantQuestions> {
  const { port1, port2 } = new MessageChannel()
  worker.tell({ type: 'assistant', port: port1 }, [port1])
  const assistant = connect<ToAssistant, AssistantQuestions>(load, vouch)
  assistant.tell({ type: 'start', key: policy.publisher, language, port: port2 }, [port2])
  return assistant
}
