import type { AnyStateFunction, StateRegistry } from '../lib/contracts/state.ts';

/** Every state function that comes with tsalt. A file is read only when a tree uses it. */
const files: Readonly<Record<string, () => Promise<{ readonly default: AnyStateFunction }>>> = {
  'cmd.run': () => import('./cmd/run.ts'),
  'cmd.script': () => import('./cmd/script.ts'),
  'cmd.wait': () => import('./cmd/wait.ts'),
  'file.absent': () => import('./file/absent.ts'),
  'file.accumulated': () => import('./file/accumulated.ts'),
  'file.append': () => import('./file/append.ts'),
  'file.blockreplace': () => import('./file/blockreplace.ts'),
  'file.comment': () => import('./file/comment.ts'),
  'file.copy': () => import('./file/copy.ts'),
  'file.directory': () => import('./file/directory.ts'),
  'file.exists': () => import('./file/exists.ts'),
  'file.hardlink': () => import('./file/hardlink.ts'),
  'file.keyvalue': () => import('./file/keyvalue.ts'),
  'file.line': () => import('./file/line.ts'),
  'file.managed': () => import('./file/managed.ts'),
  'file.missing': () => import('./file/missing.ts'),
  'file.mknod': () => import('./file/mknod.ts'),
  'file.prepend': () => import('./file/prepend.ts'),
  'file.pruned': () => import('./file/pruned.ts'),
  'file.recurse': () => import('./file/recurse.ts'),
  'file.rename': () => import('./file/rename.ts'),
  'file.replace': () => import('./file/replace.ts'),
  'file.retention_schedule': () => import('./file/retention_schedule.ts'),
  'file.symlink': () => import('./file/symlink.ts'),
  'file.tidied': () => import('./file/tidied.ts'),
  'file.touch': () => import('./file/touch.ts'),
  'file.uncomment': () => import('./file/uncomment.ts'),
  'host.absent': () => import('./host/absent.ts'),
  'host.only': () => import('./host/only.ts'),
  'host.present': () => import('./host/present.ts'),
  'pkg.installed': () => import('./pkg/installed.ts'),
  'pkg.latest': () => import('./pkg/latest.ts'),
  'pkg.purged': () => import('./pkg/purged.ts'),
  'pkg.removed': () => import('./pkg/removed.ts'),
  'service.dead': () => import('./service/dead.ts'),
  'service.disabled': () => import('./service/disabled.ts'),
  'service.enabled': () => import('./service/enabled.ts'),
  'service.masked': () => import('./service/masked.ts'),
  'service.running': () => import('./service/running.ts'),
  'service.unmasked': () => import('./service/unmasked.ts'),
  'test.check_pillar': () => import('./test/check_pillar.ts'),
  'test.configurable_test_state': () => import('./test/configurable_test_state.ts'),
  'test.fail_with_changes': () => import('./test/fail_with_changes.ts'),
  'test.fail_without_changes': () => import('./test/fail_without_changes.ts'),
  'test.nop': () => import('./test/nop.ts'),
  'test.show_notification': () => import('./test/show_notification.ts'),
  'test.succeed_with_changes': () => import('./test/succeed_with_changes.ts'),
  'test.succeed_without_changes': () => import('./test/succeed_without_changes.ts'),
};

export const builtinStates: StateRegistry = {
  names: Object.keys(files),
  async load(name) {
    const load = Object.hasOwn(files, name) ? files[name] : undefined;
    if (!load) throw new RangeError(`no state function ${name}`);
    return (await load()).default;
  },
};
