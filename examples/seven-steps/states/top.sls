base:
  '*':
    - motd
    - hosts
  'head-*':
    - head
  'worker-*':
    - worker
  'G@init:systemd':
    - web
