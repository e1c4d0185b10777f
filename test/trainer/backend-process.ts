/** Makes a back end ready and prints, as one line of JSON, what became of it. */
import { type BackendChoice, readyBackend } from '../../trainer/backend.ts'
import { UserError } from '../../trainer/user-error.ts'

const { name, device, software, passedOver, error, remedy } = await readyBackend(process.argv[2] as BackendChoice).then(
  (backend) => ({ ...backend, error: undefined, remedy: undefined }),
  (failed: unknown) => {
    if (!(failed instanceof UserError)) throw failed
    const nothing = { name: undefined, device: undefined, software: undefined, passedOver: undefined }
    return { ...nothing, error: failed.message, remedy: failed.remedy }
  },
)
console.log(JSON.stringify({ name, device, software, passedOver, error, remedy }))
process.exit()
