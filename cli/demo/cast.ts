import { launchInstance, unguessableId } from '../../cluster/launch.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Narrator } from './narrator.ts';
import { sabotage } from './sabotage.ts';
import type { Setting } from './settings.ts';
import type { Show } from './show.ts';
import type { Stage } from './stage.ts';
import type { StepName } from './steps.ts';

/** Who takes part, and on which stage. */
export interface Cast {
  readonly stage: Stage;
  readonly setting: Setting;
  readonly clock: Clock;
  readonly without: StepName | undefined;
  /** Everything that was launched and has to be ended. */
  readonly launched: string[];
  /** Whatever else has to be taken down in the end. */
  readonly endings: (() => void)[];
}

const roles = ['head', 'worker', 'worker'];

/** Launches the members, all at once. What is broken on purpose is broken for the last one. */
export async function launchMembers(cast: Cast, narrator: Narrator, show: Show): Promise<void> {
  const ids = roles.map((role) => ({ id: unguessableId(role), role }));
  for (const { id } of ids) {
    narrator.expect(id);
    cast.launched.push(id);
  }
  show.line(`launching ${ids.map(({ id }) => id).join(', ')}`);
  const present = cast.without === 'launched' ? ids.slice(0, -1) : ids;
  const { stage, setting, without } = cast;
  const sabotaged = await sabotage(stage, without);
  cast.endings.push(() => sabotaged.close());
  await Promise.all(
    present.map(({ id, role }, index) => {
      const seen = index === ids.length - 1 ? sabotaged.stage : stage;
      return launchInstance(
        stage.control,
        setting.provider,
        { id, roles: [role], userData: (_form, token) => setting.userData(seen, id, token) },
        new AbortController().signal,
      );
    }),
  );
}

/** Starts a machine that nobody launched through the registry: it knows the master, and no more. */
export async function launchStranger(
  { stage, setting, launched }: Cast,
  narrator: Narrator,
  show: Show,
): Promise<void> {
  const id = unguessableId('stranger');
  launched.push(id);
  narrator.expectRefusal(id);
  show.line(`a machine that nobody launched, ${id}, tries to get in`);
  await setting.provider.launch({ id, userData: setting.userData(stage, id, '') }, new AbortController().signal);
}
