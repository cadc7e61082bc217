base:
  '*':
    - common
    - users
  'web*':
    - web
