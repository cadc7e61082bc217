base:
  '*':
    - common
    - ntp
    - users
  'web*':
    - web
  'web* and G@os_family:Debian':
    - match: compound
    - web.repo
dev:
  'web*':
    - web.debug
