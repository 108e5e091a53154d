import type { Failure } from '../failure.ts'
import type { ApiError } from './api-error.ts'

/** What one kind of error means for `subject`, the object as people write it; `undefined` when the error is another one. */
export type Explain = (error: ApiError, subject: string) => Explanation | undefined

export type Explanation = Omit<Failure, 'object'>
