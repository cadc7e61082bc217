base:
  '*':
    - graphite
    - tsalt
