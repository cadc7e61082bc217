import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import type { UnitFacts } from './facts.ts';

/** The plan of whether a unit starts with the machine. Salt's changes are `{name: true}`, whichever way it went. */
export function planBoot(name: string, enable: boolean, facts: UnitFacts): Plan {
  const verb = enable ? 'enabled' : 'disabled';
  if (facts.static) return alreadyRight(`Service ${name} is static: it has no [Install] section and is never ${verb}`);
  if (facts.enabled === enable) return alreadyRight(`Service ${name} is already ${verb}, and is in the desired state`);
  if (enable && facts.masked) return impossible(`Service ${name} is masked: it can't be enabled`);
  return {
    changes: { [name]: true },
    comment: `Service ${name} set to be ${verb}`,
    done: `Service ${name} has been ${verb}, and is in the desired state`,
    steps: [{ do: 'service', unit: name, action: enable ? 'enable' : 'disable' }],
  };
}
