import type { OperationName } from '../openapi/operations.ts'
import { actionsRoutes } from './actions.ts'
import { checkRoutes } from './checks.ts'
import { commentRoutes } from './comments.ts'
import { commitRoutes } from './commits.ts'
import { contentRoutes } from './contents.ts'
import { deploymentRoutes } from './deployments.ts'
import { issueRoutes } from './issues.ts'
import { pullRequestRoutes } from './pull-requests.ts'
import { repositoryRoutes } from './repositories.ts'
import type { Route } from './route.ts'
import { userRoutes } from './users.ts'

const ALL: Route[] = [
  ...actionsRoutes,
  ...checkRoutes,
  ...commentRoutes,
  ...commitRoutes,
  ...contentRoutes,
  ...deploymentRoutes,
  ...issueRoutes,
  ...pullRequestRoutes,
  ...repositoryRoutes,
  ...userRoutes,
]

/** Every operation that is served, by its name. */
export const ROUTES: ReadonlyMap<OperationName, Route> = new Map(ALL.map((route) => [route.operation, route]))
