/*
 * What of Salt's states is not here, and why; what is here and not in Salt. The page `coverage.md` is made of it, and can't
 * be made while a function is in neither list.
 */

/** Where functions are tested whose cases are no fixtures: apt and systemd do their work. */
export const tested = {
  pkg: ['test/states/pkg.test.ts', 'test/host/pkg-service.test.ts', 'test/host/packages.test.ts'],
  service: ['test/states/service.test.ts', 'test/host/pkg-service.test.ts'],
};

const python = 'it calls a Python function that only a state file in Python can hand over';

export const absentFunctions = {
  'file.shortcut': 'shortcuts are Windows files',
  'pkg.patch_installed': 'patches are a notion of zypper and yum; apt has none, and for dnf it is not built yet',
  'pkg.patch_downloaded': 'the same',
  'cmd.call': python,
  'cmd.wait_call': python,
  'pip.pip_has_exceptions_mod': 'a helper of the module, no state',
  'pip.pip_has_internal_exceptions_mod': 'a helper of the module, no state',
  'pip.purge_pip': 'a helper of the module, no state',
  'npm.cache_cleaned': 'Salt asks `npm cache ls` as it was before npm 5; later ones look after their cache themselves',
  'grains.make_hashable': 'a helper of the module, no state',
  'network.managed': 'it writes the files of ifupdown and of network-scripts; what is here works with `ip`',
  'network.routes': 'the same: network.route_present and route_absent are here',
  'network.system': 'the same; the host name is for `cmd` or `file`',
};

const byIp =
  'an address or a route of the running system, set with `ip`; Salt has only files of ifupdown and network-scripts';
const extension = 'Salt has it, in a module that is not in the list above';
const orchestration = 'Salt has it, for orchestrations, as here';
const unit = 'a unit file with what systemd has to be told of it; in Salt that is a `file.managed` and a `module.run`';

export const ownFunctions = {
  'network.address_absent': byIp,
  'network.address_present': byIp,
  'network.route_absent': byIp,
  'network.route_present': byIp,
  'postgres_extension.absent': extension,
  'postgres_extension.present': extension,
  'salt.function': orchestration,
  'salt.parallel_runners': orchestration,
  'salt.runner': orchestration,
  'salt.state': orchestration,
  'salt.wait_for_event': orchestration,
  'salt.wheel': orchestration,
  'systemd.dropin': unit,
  'systemd.timer': unit,
  'systemd.unit': unit,
};

export const absentModules = {
  acme: 'certbot is one `cmd.run` with `creates`',
  augeas: 'not built yet; `file` and `ini` edit files',
  'docker_container, docker_image, ...': 'a module over the Docker API is not built yet',
  firewalld: 'Debian has nftables; `nftables` and `iptables` are here',
  'lvm, blockdev': 'not built yet',
  'mysql_user, mysql_database, mysql_grants': 'PostgreSQL came first; not built yet',
  'rabbitmq_*': 'not built yet',
  'reg, win_*': 'tsalt manages Linux',
  selinux: 'Debian runs without it as a rule; not built yet',
  x509: 'not built yet',
};
