import type { GrainStep, Reading } from '../../lib/contracts/machine.ts';
import type { JsonMap } from '../../lib/json.ts';

/** The grains as states of one run see them: those of its start, and what its states set since. */
export interface RunGrains {
  readonly all: JsonMap;
  set(step: Pick<GrainStep, 'name' | 'value'>): void;
  /** Render over the grains as they are by now. */
  readonly render: Reading['render'];
  readonly inEnvironment: Reading['inEnvironment'];
}

export function createRunGrains(reading: Pick<Reading, 'grains' | 'render' | 'inEnvironment'>): RunGrains {
  const { grains } = reading;
  let all = grains;

  // What a state itself calls `grains` still goes over them.
  const overAll =
    (render: Reading['render']): Reading['render'] =>
    (text, name, context) =>
      render(text, name, all === grains ? context : { grains: all, ...context });

  return {
    get all() {
      return all;
    },
    set({ name, value }) {
      const { [name]: _, ...others } = all;
      all = value === undefined ? others : { ...all, [name]: value };
    },
    render: overAll(reading.render),
    inEnvironment(saltenv) {
      const { sources, render } = reading.inEnvironment(saltenv);
      return { sources, render: overAll(render) };
    },
  };
}
