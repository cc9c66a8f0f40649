import { type Composition, composeSubgraphs } from '@supergraph/composition/composition.ts'
import { readRoverConfig } from '@supergraph/composition/rover-config.ts'

/**
 * Composes the subgraphs that `rover.yaml` names; `read` returns a file's text by its path in the repository,
 * from the working tree or from any commit.
 */
export const composeSupergraph = (read: (path: string) => string): Composition =>
  composeSubgraphs(readRoverConfig(read))
