/* What the examples of helpers are rendered over, and with: for the reference and the tests. */

export const exampleData = {
  id: 'web1',
  saltenv: 'base',
  grains: { os: 'Debian', os_family: 'Debian', num_cpus: 4, ip_interfaces: { eth0: ['10.1.2.3'] } },
  pillar: {
    web: { port: 8080 },
    packages: ['nginx-light', 'curl'],
    ports: { web: 80, admin: 9000 },
    users: { anna: { uid: 1001, shell: '/bin/bash' }, ben: { uid: 1002 } },
    hosts: [
      { name: 'w1', role: 'web' },
      { name: 'd1', role: 'db' },
    ],
  },
  opts: { saltenv: 'base' },
};

/** Files of the tree. */
export const exampleFiles: Readonly<Record<string, string>> = {
  'web/map.yaml': 'base:\n  port: 80\nDebian:\n  package: nginx-light\nRedHat:\n  package: nginx\n',
  'web/ports.json': '{"http": 80, "https": 443}\n',
  'motd.txt': 'Welcome,\nbe kind.\n',
};

/** When the run began. */
export const exampleNow = Date.UTC(2026, 0, 1);
